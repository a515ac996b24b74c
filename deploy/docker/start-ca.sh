#!/bin/sh
# Starts the CA server of a container, at first with the registrar's password of the secret.
set -eu
umask 077
if [ ! -e /ca/fabric-ca-server-config.yaml ]; then
    sed "s/@PASSWORD@/$(cat /run/secrets/ca-password)/" /ca-server.yaml >/ca/fabric-ca-server-config.yaml
fi
exec fabric-ca-server start
