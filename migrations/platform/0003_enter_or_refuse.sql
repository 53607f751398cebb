-- `enter` for a transaction that is begun and set up by one message, whose sender sees errors and no rows.
create function platform.enter_or_refuse(
    tenant uuid, actor uuid, timeout_ms integer, needs_license text, at timestamptz)
returns void language plpgsql as $$
begin
    if not platform.enter(tenant, actor, timeout_ms, needs_license, at) then
        raise exception using
            errcode = 'TS402',
            message = format('no active licence of the module %s', needs_license);
    end if;
end $$;
grant execute on function platform.enter_or_refuse(uuid, uuid, integer, text, timestamptz) to tessera_module;
