#!/bin/sh
# A private certification authority and a certificate for each XMPP domain, for tests and examples.
#
#   mkca.sh DIR DOMAIN...      DIR/ca.pem (made once), DIR/DOMAIN.crt, .key, and .pem (both in one
#                              file, for ejabberd)
#   mkca.sh DIR DOMAIN=NAME    the certificate filed under DOMAIN is made out to NAME: a host name
#                              mismatch, on purpose
#
# DAYS: how long it is valid (825; 0 has expired by the next second). Both extended key usages are
# needed: a server is a client when it calls another server, and ejabberd refuses a caller whose
# certificate says serverAuth alone. The wildcard covers components.
set -eu

directory=$1
shift
mkdir -p "$directory"
cd "$directory"

if [ ! -f ca.key ]; then
    openssl ecparam -name prime256v1 -genkey -noout -out ca.key
    openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=Courant test authority" \
        -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
        -addext keyUsage=critical,keyCertSign,cRLSign -out ca.pem
fi

for entry in "$@"; do
    domain=${entry%%=*}
    name=${entry#*=}
    openssl ecparam -name prime256v1 -genkey -noout -out "$domain.key"
    openssl req -new -key "$domain.key" -subj "/CN=$name" -out "$domain.csr"
    cat > "$domain.ext" <<END
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth,clientAuth
subjectAltName=DNS:$name,DNS:*.$name
authorityKeyIdentifier=keyid
END
    openssl x509 -req -in "$domain.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 \
        -days "${DAYS:-825}" -extfile "$domain.ext" -out "$domain.crt" 2> /dev/null
    cat "$domain.crt" "$domain.key" > "$domain.pem"
    rm -f "$domain.csr" "$domain.ext"
done
