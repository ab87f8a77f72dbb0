FROM busybox
ONBUILD RUN --network=host true
