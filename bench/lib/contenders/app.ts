/** The app behind every contender: nginx that answers a hundred bytes, so that the app is never what is measured. */
export const appConfig = (directory: string, port: number): string => `daemon off;
user root;
worker_processes 1;
pid ${directory}/app.pid;
error_log /dev/null;
events { worker_connections 8000; }
http {
  access_log off;
  keepalive_requests 100000000;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      default_type text/plain;
      return 200 "hello from the app: a small body of a hundred bytes, which is enough to measure the way to it .....\\n";
    }
  }
}
`;
