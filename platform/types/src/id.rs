/// Declares a newtype over a UUIDv7, one per noun, so that ids of different nouns cannot be mixed up.
///
/// The type is transparent in JSON, parses from text and converts from and to [`uuid::Uuid`].
/// It has no constructor that makes a fresh value: fresh ids come from the context.
#[macro_export]
macro_rules! id_newtype {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $crate::__private::uuid::Uuid);

        impl $name {
            /// The id as a UUID, for SQL parameters and the wire.
            pub const fn uuid(self) -> $crate::__private::uuid::Uuid {
                self.0
            }
        }

        // Written out because the derives cannot name their crate through `$crate`.
        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S: $crate::__private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                $crate::__private::serde::Serialize::serialize(&self.0, serializer)
            }
        }

        impl<'de> $crate::__private::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                $crate::__private::serde::Deserialize::deserialize(deserializer).map(Self)
            }
        }

        impl $crate::__private::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                ::std::stringify!($name).into()
            }
            fn json_schema(
                generator: &mut $crate::__private::schemars::SchemaGenerator,
            ) -> $crate::__private::schemars::Schema {
                <$crate::__private::uuid::Uuid as $crate::__private::schemars::JsonSchema>::json_schema(generator)
            }
        }

        impl From<$crate::__private::uuid::Uuid> for $name {
            fn from(id: $crate::__private::uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for $crate::__private::uuid::Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::__private::uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::__private::uuid::Uuid::parse_str(text).map(Self)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

id_newtype! {
    /// An organisation that buys modules; the unit of isolation.
    TenantId
}
id_newtype! {
    /// A person with an account; may belong to several tenants.
    UserId
}
id_newtype! {
    /// A published event; what consumers deduplicate by.
    EventId
}
id_newtype! {
    /// A unit of background work.
    JobId
}
