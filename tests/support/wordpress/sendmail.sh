#!/bin/sh
# Stands where sendmail stands: each message becomes a file in the folder $1.
cat > "$1/$(date +%s%N)-$$.eml"
