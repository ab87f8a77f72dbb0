FROM busybox
ADD git@git.internal:team/secret.git /x
