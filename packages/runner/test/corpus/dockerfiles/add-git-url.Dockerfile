FROM busybox
ADD https://git.internal/team/secret.git#main /x
