ARG X=busybox
FROM ${X#b}
