FROM busybox
RUN --mount=type=cache,id=shared,target=/c ls /c
