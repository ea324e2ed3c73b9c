%% Where other servers are, from a file, for ejabberd 23.01: no DNS, no /etc/hosts, any port.
%%
%%   modules: { mod_s2s_hosts: { hosts_file: "…/hosts" } }
%%                                  lines "domain ip c2s-port s2s-port", read at every connection
%%
%% ejabberd's outgoing stream, ejabberd_s2s_out, is a callback module of xmpp_stream_out, which
%% would ask an optional resolve/2 that ejabberd_s2s_out lacks. When a stream begins we put this
%% module in its place: it resolves, and hands everything else on unchanged.
-module(mod_s2s_hosts).
-behaviour(gen_mod).

-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_opt_type/1, mod_doc/0]).
-export([s2s_out_init/2, resolve/2]).
-export([tls_options/1, tls_required/1, tls_verify/1, tls_enabled/1, connect_options/3,
         connect_timeout/1, address_families/1, default_port/1, dns_retries/1, dns_timeout/1,
         handle_auth_success/2, handle_auth_failure/3, handle_packet/2, handle_stream_end/2,
         handle_stream_downgraded/2, handle_recv/3, handle_send/3, handle_cdata/2,
         handle_stream_established/1, handle_timeout/1, init/1, handle_call/3, handle_cast/2,
         handle_info/2, terminate/2, code_change/3]).

start(Host, _Opts) -> ejabberd_hooks:add(s2s_out_init, Host, ?MODULE, s2s_out_init, 10), ok.
stop(Host) -> ejabberd_hooks:delete(s2s_out_init, Host, ?MODULE, s2s_out_init, 10), ok.
reload(_Host, _New, _Old) -> ok.
depends(_Host, _Opts) -> [].
mod_doc() -> #{desc => <<"Addresses of other servers from a file">>}.
mod_options(_) -> [{hosts_file, <<>>}].
mod_opt_type(hosts_file) -> econf:binary().

s2s_out_init({ok, State}, _Opts) -> {ok, State#{mod => ?MODULE}};
s2s_out_init(Acc, _Opts) -> Acc.

%% An empty list means "not here", and ejabberd goes on to DNS.
resolve(Host, #{server_host := Own}) ->
    {ok, Text} = file:read_file(gen_mod:get_module_opt(Own, ?MODULE, hosts_file)),
    Lines = [string:lexemes(Line, " ") || Line <- string:lexemes(binary_to_list(Text), "\n")],
    [{address(Ip), list_to_integer(Port), false}
     || [Domain, Ip, _C2s, Port] <- Lines, Domain =:= Host].

address(Text) -> {ok, Address} = inet:parse_address(Text), Address.

tls_options(S) -> ejabberd_s2s_out:tls_options(S).
tls_required(S) -> ejabberd_s2s_out:tls_required(S).
tls_verify(S) -> ejabberd_s2s_out:tls_verify(S).
tls_enabled(S) -> ejabberd_s2s_out:tls_enabled(S).
connect_options(A, B, S) -> ejabberd_s2s_out:connect_options(A, B, S).
connect_timeout(S) -> ejabberd_s2s_out:connect_timeout(S).
address_families(S) -> ejabberd_s2s_out:address_families(S).
default_port(S) -> ejabberd_s2s_out:default_port(S).
dns_retries(S) -> ejabberd_s2s_out:dns_retries(S).
dns_timeout(S) -> ejabberd_s2s_out:dns_timeout(S).
handle_auth_success(A, S) -> ejabberd_s2s_out:handle_auth_success(A, S).
handle_auth_failure(A, B, S) -> ejabberd_s2s_out:handle_auth_failure(A, B, S).
handle_packet(A, S) -> ejabberd_s2s_out:handle_packet(A, S).
handle_stream_end(A, S) -> ejabberd_s2s_out:handle_stream_end(A, S).
handle_stream_downgraded(A, S) -> ejabberd_s2s_out:handle_stream_downgraded(A, S).
handle_recv(A, B, S) -> ejabberd_s2s_out:handle_recv(A, B, S).
handle_send(A, B, S) -> ejabberd_s2s_out:handle_send(A, B, S).
handle_cdata(A, S) -> ejabberd_s2s_out:handle_cdata(A, S).
handle_stream_established(S) -> ejabberd_s2s_out:handle_stream_established(S).
handle_timeout(S) -> ejabberd_s2s_out:handle_timeout(S).
init(A) -> ejabberd_s2s_out:init(A).
handle_call(A, B, S) -> ejabberd_s2s_out:handle_call(A, B, S).
handle_cast(A, S) -> ejabberd_s2s_out:handle_cast(A, S).
handle_info(A, S) -> ejabberd_s2s_out:handle_info(A, S).
terminate(A, S) -> ejabberd_s2s_out:terminate(A, S).
code_change(A, S, B) -> ejabberd_s2s_out:code_change(A, S, B).
