ARG X=busybox
ARG TAG
FROM ${X}:${TAG:-latest} AS one
FROM one
RUN true
