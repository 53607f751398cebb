//! `@cost` and `@listSize`

use super::Findings;
use crate::ast::{Field, Kind, Known, TypeRef, Value};
use crate::error::ErrorCode;
use crate::subgraph::Subgraph;

pub(super) fn check(subgraph: &Subgraph, findings: &mut Findings) {
    for ty in subgraph
        .types
        .values()
        .filter(|ty| matches!(ty.kind, Kind::Object | Kind::Interface))
    {
        for field in ty.fields.values() {
            let coordinate = format!("{}.{}", ty.name, field.name);
            if ty.kind == Kind::Interface
                && let Some(cost) = field.directive(Known::Cost)
            {
                let message =
                    format!("@cost cannot be applied to interface field \"{coordinate}\"");
                findings.add(
                    ErrorCode::CostAppliedToInterfaceField,
                    message,
                    coordinate.as_str(),
                    cost.at,
                );
            }
            list_size(subgraph, field, &coordinate, findings);
        }
    }
}

fn list_size(subgraph: &Subgraph, field: &Field, coordinate: &str, findings: &mut Findings) {
    let Some(size) = field.directive(Known::ListSize) else {
        return;
    };
    let mut fault =
        |code: ErrorCode, message: String| findings.add(code, message, coordinate, size.at);
    let given = |argument: &str| {
        size.argument(argument)
            .filter(|value| **value != Value::Null)
    };
    let names = |argument: &str| {
        given(argument)
            .into_iter()
            .flat_map(Value::items)
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
    };
    if given("sizedFields").is_none() && !field.ty.is_list() {
        fault(
            ErrorCode::ListSizeAppliedToNonList,
            format!("field \"{coordinate}\" is not a list"),
        );
    }
    if given("assumedSize")
        .and_then(Value::as_int)
        .is_some_and(|size| size < 0)
    {
        fault(
            ErrorCode::ListSizeInvalidAssumedSize,
            format!("assumed size of field \"{coordinate}\" cannot be negative"),
        );
    }
    for name in names("slicingArguments") {
        let wrong = match field.argument(name) {
            None => "does not exist",
            Some(argument) if !matches!(argument.ty.nullable(), TypeRef::Named(ty) if ty == "Int") => {
                "is not an integer"
            }
            Some(_) => continue,
        };
        let message = format!("slicing argument \"{name}\" of field \"{coordinate}\" {wrong}");
        fault(ErrorCode::ListSizeInvalidSlicingArgument, message);
    }
    if given("sizedFields").is_none() {
        return;
    }
    let target = subgraph
        .types
        .get(field.ty.base())
        .filter(|ty| matches!(ty.kind, Kind::Object | Kind::Interface));
    let Some(target) = target else {
        let message = format!(
            "sized fields cannot be used because type \"{}\" of field \"{coordinate}\" is not a composite type",
            field.ty
        );
        return fault(ErrorCode::ListSizeInvalidSizedField, message);
    };
    for name in names("sizedFields") {
        let (code, wrong) = match target.fields.get(name) {
            None => (ErrorCode::ListSizeInvalidSizedField, "does not exist"),
            Some(below) if !below.ty.is_list() => {
                (ErrorCode::ListSizeAppliedToNonList, "is not a list")
            }
            Some(_) => continue,
        };
        fault(
            code,
            format!("sized field \"{name}\" of field \"{coordinate}\" {wrong}"),
        );
    }
}
