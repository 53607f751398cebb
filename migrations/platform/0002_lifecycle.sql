-- Which modules are enabled for a tenant: one row per module, instead of a history of steps that nothing read.
drop table platform.lifecycle;
create table platform.lifecycle (
    tenant_id uuid not null,
    module text not null,
    -- the module's version when it was enabled
    version text not null,
    enabled_at timestamptz not null,
    primary key (tenant_id, module)
);
select platform.protect('platform.lifecycle');
grant select, insert, delete on platform.lifecycle to tessera_module;
