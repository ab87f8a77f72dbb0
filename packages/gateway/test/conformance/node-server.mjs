// node:http of the real Node.js: answers with method and target, and prints the same for each request that it read.
import http from "node:http";

function answer(request, response) {
  request.resume().on("end", () => {
    const line = `${request.method} ${request.url}`;
    process.stdout.write(`${line}\n`);
    response.end(line);
  });
}

const server = http.createServer(answer);
server.on("checkExpectation", answer);
server.on("clientError", (_err, socket) => {
  process.stdout.write("what is no request\n");
  socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
});
server.listen(Number(process.argv[2]), "127.0.0.1");
