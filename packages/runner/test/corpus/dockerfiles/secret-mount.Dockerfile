FROM busybox
RUN --mount=type=secret,id=nobody-gave-it test ! -e /run/secrets/nobody-gave-it
