/// Gives each value of an enum the name by which the database, events and logs know it.
///
/// Writes `as_str`, with the visibility that is given, `Display`, and `FromStr` for the way back. The names are the
/// contract: they stay when a value is renamed in the code. A value that is left out does not compile.
///
/// ```
/// #[derive(Debug, Clone, Copy, PartialEq)]
/// enum Plan {
///     Monthly,
///     Annual,
/// }
/// platform_types::stored_names! {
///     pub(crate) Plan {
///         Monthly = "MONTHLY",
///         Annual = "ANNUAL",
///     }
/// }
/// assert_eq!(Plan::Annual.as_str(), "ANNUAL");
/// assert_eq!("MONTHLY".parse(), Ok(Plan::Monthly));
/// let unknown = "monthly".parse::<Plan>().unwrap_err();
/// assert_eq!(unknown.to_string(), "no Plan is called `monthly`");
/// ```
#[macro_export]
macro_rules! stored_names {
    ($visible:vis $type:ident { $($value:ident = $name:literal),+ $(,)? }) => {
        impl $type {
            /// The name by which the database knows it.
            $visible const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl ::std::str::FromStr for $type {
            type Err = $crate::UnknownName;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($name => Ok(Self::$value),)+
                    _ => Err($crate::UnknownName {
                        what: ::std::stringify!($type),
                        name: text.to_owned(),
                    }),
                }
            }
        }
    };
}

/// A name that no value has, which the database should not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no {what} is called `{name}`")]
pub struct UnknownName {
    /// The type that was looked for.
    pub what: &'static str,
    /// What stands there.
    pub name: String,
}
