FROM busybox
RUN --mount=type=bind,target=/source cat /source/Dockerfile >/dev/null
