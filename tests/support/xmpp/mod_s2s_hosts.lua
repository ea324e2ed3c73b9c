-- Where other servers are, from a file, for Prosody 0.12: no DNS, no /etc/hosts, any port.
--
--   s2s_hosts_file = "…/hosts"      lines "domain ip c2s-port s2s-port", read at every connection;
--                                   several of one domain are tried in order, as SRV records are
--
-- A domain that the file lacks does not exist: tests never ask the Internet.
module:set_global();

local service = require "net.resolvers.service";
local basic = require "net.resolvers.basic";
local chain = require "net.resolvers.chain";

local hosts_file = module:get_option_string("s2s_hosts_file");
local resolve_by_dns = service.new;

function service.new(wanted, service_name, conn_type, extra)
	local targets = {};
	-- The second service that mod_s2s asks for, TLS from the first byte, is not there.
	if service_name ~= "xmpp-server" then return chain.new(targets); end
	for line in io.lines(hosts_file) do
		local domain, ip, port = line:match("^(%S+) (%S+) %d+ (%d+)$");
		if domain == wanted then table.insert(targets, basic.new(ip, tonumber(port), conn_type, extra)); end
	end
	return chain.new(targets);
end

function module.unload() service.new = resolve_by_dns; end
