ARG A=be
ARG B=${A}ef
FROM ${B:-busybox}
