FROM busybox
COPY --from=169.254.169.254/x / /x
