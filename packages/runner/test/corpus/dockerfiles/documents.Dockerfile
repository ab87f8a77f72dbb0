FROM busybox
RUN <<EOF
set -e
echo one > /one
EOF
COPY <<-"TEXT" /two
	two
	TEXT
RUN test -s /one && test -s /two
