FROM busybox
RUN --mount=type=cache,target=/c --mount=target=/x,type=ssh true
