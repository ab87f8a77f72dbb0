FROM busybox
run --network=host wget -O- http://127.0.0.1:3000
