import Docker from "dockerode";
import { pack } from "tar-stream";
import { Readable } from "node:stream";
import { startDocker } from "@homeport/kit/test/docker.ts";
import { ensureBaseImages } from "@homeport/kit/test/base-images/build.ts";
const d = await startDocker();
await ensureBaseImages(d.socketPath);
const docker = new Docker({ socketPath: d.socketPath });
const ctx = (files: Record<string,string>) => { const p = pack(); for (const [name,text] of Object.entries(files)) p.entry({name}, text); p.finalize(); return Readable.from(p as AsyncIterable<Uint8Array>, {objectMode:false}); };
const build = async (version: "1"|"2", dockerfile: string, more: Record<string,string> = {}) => {
  const t = performance.now(); const events: string[] = [];
  try {
    const stream = await docker.buildImage(ctx({ Dockerfile: dockerfile, ...more }) as any, { t: "try/x:1", version, dockerfile: "Dockerfile", memory: 100e6, memswap: 100e6, labels: {a:"b"}, rm: true, forcerm: true, cgroupparent: "/homeport-builds", networkmode:"default" } as any);
    await new Promise<void>((resolve, reject) => (docker as any).followProgress(stream, (err: any, out: any[]) => { if (err) reject(err); else { console.log("LAST", JSON.stringify(out.at(-1)).slice(0,500), out.filter(o=>o.error).length); resolve(); } }, (e: any) => events.push(JSON.stringify(e))));
  } catch (err: any) { console.log("REJECT", err.statusCode, String(err.message).slice(0,500)); }
  console.log(version, Math.round(performance.now()-t)+"ms\n", events.map(e=>{const m=/"stream":"([A-Za-z0-9+\/=]{20,})\\n/.exec(e); return m?atob(m[1]):e}).join("\n").slice(0,4000));
};

await build("2", "FROM busybox\nRUN cat /proc/self/cgroup | head -30; cat /sys/fs/cgroup/memory/memory.limit_in_bytes\n");
const info = await docker.info(); console.log(info.CgroupDriver, info.CgroupVersion, info.BuilderVersion, info.OSType);
const h = await fetch("http://d/_ping",{unix:d.socketPath}); console.log([...h.headers].join(" | "));
await d.stop();
