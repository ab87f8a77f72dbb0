ARG X=3f2a
FROM busybox
COPY --from=$X / /x
