-- What the probe's consumer and jobs did, in order.
create table probe.effect (
    tenant_id uuid not null,
    place bigint generated always as identity,
    aggregate_id uuid not null,
    number integer not null,
    primary key (tenant_id, place)
);
select platform.protect('probe.effect');
grant select, insert on probe.effect to tessera_probe;
