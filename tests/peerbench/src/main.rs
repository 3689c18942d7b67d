//! One seat-booking workload against Usher and what people would otherwise use for it: arguments and dispatch.

mod backends;
mod ceiling;
#[cfg(feature = "hiqlite")]
mod hiq;
mod http;
mod procstat;
mod report;
mod workload;

use anyhow::{bail, Context, Result};
use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::AtomicI64;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use workload::{Backend, Params};

const USAGE: &str = "peerbench <command> [--key value]..
  run         --backend etcd|etcd-lease|pg|pg-txn|redis|redis-pg|rest|usher --name N --clients N --secs S
              --endpoints a,b,c --url URL --pg URL --pids 1,2 --out FILE
              [--warmup S --shows N --seats N --fill F --party N --ttl-ms N --pool N --conns N --seed N
               --quiet-wait S (wait up to S seconds for an idle machine first)]
  fsync       --dir D --secs S --bytes N --threads N --append 0|1
  echo-server --listen ADDR          echo-load --endpoints a,b --conns N --secs S --pids 1,2
  ceil-follower --listen ADDR --file F [--sync 0]
  ceil-leader   --listen ADDR --followers a,b --file F [--sync 0]
  hiqlite-node  --id 1..3 --listen ADDR --base-port P --dir D --sync immediate|default
  wait        --endpoints a,b        until each answers 200 to GET /healthz (30 s at most)
  report      FILE                   markdown tables out of the results";

struct Args(HashMap<String, String>);

impl Args {
    fn opt(&self, k: &str) -> Option<&str> {
        self.0.get(k).map(|s| s.as_str())
    }
    fn get(&self, k: &str) -> Result<&str> {
        self.opt(k).with_context(|| format!("--{k} is missing"))
    }
    fn num<T: std::str::FromStr>(&self, k: &str, d: T) -> Result<T> {
        match self.opt(k) {
            None => Ok(d),
            Some(v) => v.parse().map_err(|_| anyhow::anyhow!("--{k} {v}: not a number")),
        }
    }
    fn list(&self, k: &str) -> Vec<String> {
        self.opt(k).unwrap_or("").split(',').filter(|s| !s.is_empty()).map(|s| s.to_string()).collect()
    }
}

fn emit(a: &Args, v: &serde_json::Value) -> Result<()> {
    println!("{v}");
    if let Some(f) = a.opt("out") {
        writeln!(std::fs::OpenOptions::new().create(true).append(true).open(f)?, "{v}")?;
    }
    Ok(())
}

fn main() -> Result<()> {
    let mut it = std::env::args().skip(1);
    let cmd = it.next().unwrap_or_default();
    if cmd == "report" {
        print!("{}", report::markdown(&std::fs::read_to_string(it.next().context(USAGE)?)?)?);
        return Ok(());
    }
    let mut m = HashMap::new();
    while let Some(k) = it.next() {
        let k = k.strip_prefix("--").with_context(|| format!("unexpected {k}\n{USAGE}"))?.to_string();
        m.insert(k, it.next().context("a value is missing")?);
    }
    let a = Args(m);
    // The load generator takes one thread by default: the servers need the cores.
    let threads: usize = a.num("threads", if cmd.ends_with("-server") || cmd.ends_with("-node") || cmd == "ceil-leader" { 2 } else { 1 })?;
    let rt = if threads > 1 {
        tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?
    } else {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?
    };
    let sync = a.num("sync", 1u8).unwrap_or(1) == 1;
    match cmd.as_str() {
        "fsync" => emit(&a, &ceiling::fsync(a.get("dir")?, a.num("secs", 5)?, a.num("bytes", 512)?, a.num("threads", 1)?, a.num("append", 0u8)? == 1)?),
        "ceil-follower" => ceiling::follower(a.get("listen")?, a.get("file")?, sync),
        "ceil-leader" => rt.block_on(ceiling::leader(a.get("listen")?, a.list("followers"), a.get("file")?, sync)),
        "echo-server" => rt.block_on(ceiling::echo_server(a.get("listen")?)),
        "echo-load" => {
            let v = rt.block_on(ceiling::echo_load(a.list("endpoints"), a.num("conns", 64)?, a.num("secs", 5)?, pids(&a)))?;
            emit(&a, &v)
        }
        #[cfg(feature = "hiqlite")]
        "hiqlite-node" => rt.block_on(hiq::node(a.num("id", 1)?, a.get("listen")?, a.num("base-port", 0)?, a.get("dir")?, a.opt("sync").unwrap_or("immediate"))),
        "wait" => rt.block_on(wait(a.list("endpoints"))),
        "run" => rt.block_on(run(a)),
        _ => bail!("{USAGE}"),
    }
}

fn pids(a: &Args) -> Vec<u32> {
    a.list("pids").iter().filter_map(|p| p.parse().ok()).collect()
}

async fn wait(endpoints: Vec<String>) -> Result<()> {
    for e in endpoints {
        let mut ok = false;
        for _ in 0..150 {
            if let Ok(mut c) = http::Conn::open(&e).await {
                if let Ok((200, _)) = c.call("GET", "/healthz", b"").await {
                    ok = true;
                    break;
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        if !ok {
            bail!("{e} did not get ready");
        }
    }
    Ok(())
}

async fn run(a: Args) -> Result<()> {
    let clients: usize = a.num("clients", 16)?;
    let p = Params {
        shows: a.num("shows", 24)?,
        seats: a.num("seats", 20_000)?,
        fill: a.num("fill", 0.25)?,
        clients,
        party: a.num("party", 2)?,
        warmup: Duration::from_secs_f64(a.num("warmup", 2.0)?),
        measure: Duration::from_secs_f64(a.num("secs", 8.0)?),
        ttl_ms: a.num("ttl-ms", 120_000)?,
        seed: a.num("seed", 42)?,
    };
    let kind = a.get("backend")?.to_string();
    let pool = a.num("pool", 32usize)?.min(clients.max(2));
    let b: Box<dyn Backend> = match kind.as_str() {
        "etcd" | "etcd-lease" => Box::new(backends::etcd::EtcdBackend {
            endpoints: a.list("endpoints"),
            lease_per_hold: kind == "etcd-lease",
            channels: a.num("conns", 12)?,
            pool: Mutex::new(Vec::new()),
            lease: Arc::new(AtomicI64::new(0)),
            ttl_s: (p.ttl_ms / 1000) as i64,
        }),
        "pg" | "pg-txn" => Box::new(backends::pg::PgBackend {
            pool: backends::pg::pool(a.get("url")?, pool)?,
            style: if kind == "pg" { backends::pg::Style::OneShot } else { backends::pg::Style::Txn },
        }),
        "redis" | "redis-pg" => Box::new(backends::redis::RedisBackend {
            url: a.get("url")?.to_string(),
            conns: a.num("conns", 8)?,
            scripts: Arc::new(backends::redis::Scripts::new()),
            pg: if kind == "redis-pg" { Some(backends::redis::pg_pool(a.get("pg")?, pool)?) } else { None },
            open: Mutex::new(Vec::new()),
        }),
        "rest" => Box::new(backends::rest::RestBackend { nodes: a.list("endpoints") }),
        "usher" => Box::new(backends::usher::UsherBackend {
            nodes: a.list("endpoints"),
            key: std::env::var("USHER_KEY").context("USHER_KEY is not set")?,
            ttl_ms: p.ttl_ms,
            made: Default::default(),
        }),
        k => bail!("no backend {k}"),
    };
    let name = a.opt("name").unwrap_or(&kind).to_string();
    procstat::wait_quiet(Duration::from_secs_f64(a.num("quiet-wait", 0.0)?), 0.3).await;
    let r = workload::run(&name, b.as_ref(), p, pids(&a)).await?;
    emit(&a, &serde_json::to_value(&r)?)?;
    if !r.verify.ok {
        bail!("{name} with {clients} clients failed verification: {:?}", r.verify);
    }
    Ok(())
}
