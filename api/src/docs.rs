//! What the interface says of itself: the OpenAPI document, its rendered page, the pages of problems, and a plain page
//! at `/` where the web UI was not built. Deliberately not here: descriptions of routes, which stand with their code.

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::reading::Id;
use crate::reply::Reply;

const HTML: &str = "text/html; charset=utf-8";
/// A page runs and asks for what this node serves, and nothing else; it is in nobody's frame and sends no form.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";
const HOME: &str = include_str!("pages/home.html");
const DOCS: &str = include_str!("pages/docs.html");
const DOCS_JS: &str = include_str!("pages/docs.js");
const STYLE: &str = include_str!("pages/style.css");

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Usher",
        description = "A self-hosted box office. Money is in minor units; times are RFC 3339 in UTC; ids are texts with \
            a prefix. Every answer carries `X-Log-Index`; send it as `X-Min-Log-Index` (see the parameters among the \
            components) to read your own writes through any node. Repeat a request whose outcome you do not know with the \
            same `Idempotency-Key`: it happens once.",
        license(name = "MIT", identifier = "MIT")
    ),
    paths(
        crate::venues::create,
        crate::venues::list,
        crate::venues::read,
        crate::venues::update,
        crate::venues::delete,
        crate::plans::create,
        crate::plans::generate,
        crate::plans::export::read,
        crate::plans::list,
        crate::plans::read,
        crate::plans::geometry::read,
        crate::events::create,
        crate::events::list,
        crate::events::read,
        crate::events::update,
        crate::events::delete,
        crate::images::create,
        crate::images::list,
        crate::images::read,
        crate::images::file,
        crate::events::check::read,
        crate::events::words::categories,
        crate::programme::jsonld::read,
        crate::programme::calendar::read,
        crate::programme::atom::read,
        crate::programme::sitemap::read,
        crate::programme::page::read,
        crate::showtimes::create,
        crate::showtimes::series::create,
        crate::showtimes::moving::change,
        crate::showtimes::list,
        crate::showtimes::read,
        crate::showtimes::update,
        crate::blocks::create,
        crate::blocks::list,
        crate::blocks::delete,
        crate::availability::read,
        crate::seats::read,
        crate::live::upgrade,
        crate::search::search,
        crate::search::suggestions,
        crate::holds::place,
        crate::holds::read,
        crate::holds::extend,
        crate::holds::release,
        crate::orders::place,
        crate::orders::list,
        crate::orders::csv::export,
        crate::orders::read,
        crate::orders::desk::update,
        crate::orders::cancel,
        crate::orders::refund,
        crate::door::transfer,
        crate::door::history::list,
        crate::door::scan,
        crate::door::uploads::upload,
        crate::door::attendance,
        crate::door::list,
        crate::showtimes::refunds::create,
        crate::showtimes::refunds::read,
        crate::payments::webhook,
        crate::tasks::list,
        crate::tasks::retry,
        crate::tasks::resolve,
        crate::tickets::list,
        crate::tickets::read,
        crate::tickets::calendar::read,
        crate::tickets::keys::list,
        crate::tickets::keys::create,
        crate::vouchers::create,
        crate::vouchers::bulk,
        crate::vouchers::list,
        crate::vouchers::read,
        crate::vouchers::update,
        crate::vouchers::delete,
        crate::accounts::ask,
        crate::accounts::follow,
        crate::accounts::read,
        crate::accounts::update,
        crate::accounts::password,
        crate::accounts::delete,
        crate::accounts::sessions::create,
        crate::accounts::sessions::list,
        crate::accounts::sessions::delete_others,
        crate::accounts::sessions::delete,
        crate::accounts::sessions::sign_out,
        crate::accounts::members::list,
        crate::accounts::members::update,
        crate::accounts::members::delete,
        crate::accounts::members::invite,
        crate::accounts::members::invitations,
        crate::accounts::members::revoke,
        crate::accounts::operators::list,
        crate::accounts::operators::create,
        crate::accounts::operators::delete,
        crate::accounts::mails::list,
        crate::keys::create,
        crate::keys::list,
        crate::keys::delete,
        crate::organizations::create,
        crate::organizations::list,
        crate::cluster::read,
        crate::cluster::add,
        crate::cluster::remove,
        crate::cluster::promote,
        crate::cluster::transfer,
        crate::cluster::digest,
        crate::backup::download,
        crate::cluster::init,
        crate::operation::healthz,
        crate::operation::readyz,
        crate::operation::metrics,
        document,
        page,
        problem,
        home,
        style,
        script
    )
)]
struct Document;

/// Refusals that every request may meet.
const ALWAYS: &[u16] = &[400, 500, 503];
/// Refusals that every request under `/api/` may meet.
const API: &[u16] = &[401, 403, 406, 429, 504];
/// Refusals that a change may meet besides.
const CHANGES: &[u16] = &[404, 408, 409, 410, 412, 413, 415, 422];

/// The document, written once at start.
pub(crate) fn openapi() -> Bytes {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        for (path, methods) in paths {
            for (method, operation) in methods.as_object_mut().into_iter().flatten() {
                complete(path, method, operation);
            }
        }
    }
    add_schemas(&mut document);
    Bytes::from(document.to_string())
}

/// Adds to an operation what holds for all of its kind: refusals, parameters, headers.
fn complete(path: &str, method: &str, operation: &mut Value) {
    let (api, reads) = (path.starts_with("/api/"), method == "get");
    let Some(operation) = operation.as_object_mut() else { return };
    // utoipa names operations after their functions, which repeat.
    operation.insert("operationId".to_owned(), operation_id(path, method).into());
    let mut statuses: Vec<u16> = ALWAYS.to_vec();
    statuses.extend(if api { API } else { &[] });
    statuses.extend(if reads { &[][..] } else { CHANGES });
    if path.contains('{') || path.ends_with("/digest") {
        statuses.push(404);
    }
    parameters(path, api, method, operation);
    let responses = operation.entry("responses").or_insert_with(|| json!({}));
    if let Some(responses) = responses.as_object_mut() {
        if reads && api {
            responses.entry("304").or_insert_with(|| json!({ "description": "You have it already" }));
        }
        for status in statuses {
            responses.entry(status.to_string()).or_insert_with(|| refusal(status));
        }
        for response in responses.values_mut().filter_map(Value::as_object_mut) {
            response.insert("headers".to_owned(), headers(reads));
        }
    }
    if api {
        operation.insert("security".to_owned(), json!([{}, { "apiKey": [] }, { "holdToken": [] }, { "session": [] }]));
    }
}

fn operation_id(path: &str, method: &str) -> String {
    let words = path.trim_start_matches("/api/v1").split(['/', '.']).filter(|w| !w.is_empty());
    let words: Vec<&str> = words.map(|w| w.trim_matches(['{', '}'])).collect();
    let page = if path.starts_with("/events/") { "page_" } else { "" };
    format!("{method}_{page}{}", if words.is_empty() { "home".to_owned() } else { words.join("_") })
}

fn parameters(path: &str, api: bool, method: &str, operation: &mut Map<String, Value>) {
    let given = operation.entry("parameters").or_insert_with(|| json!([]));
    let Some(given) = given.as_array_mut() else { return };
    let parameter = |place: &str, name: &str, required: bool, schema: Value, description: &str| json!({ "in": place, "name": name, "required": required, "schema": schema, "description": description });
    for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        given.push(parameter("path", name, true, json!({ "type": "string" }), "Its id"));
    }
    if !api || path.ends_with("openapi.json") {
        return;
    }
    let text = || json!({ "type": "string" });
    if method == "get" {
        given.push(parameter("header", "If-None-Match", false, text(), "ETags that you have"));
        if !path.starts_with("/api/v1/cluster") && !path.ends_with("/live") {
            let either = json!({ "type": "string", "enum": ["local", "linearizable"] });
            given.push(parameter("query", "consistency", false, either, "How fresh the answer must be"));
        }
    } else {
        let key = json!({ "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" });
        let why = "Makes repeats of the request (same method, path and body, whatever the headers) happen once and give \
            the first answer again, refusals too; at least 16 characters without a token";
        given.push(parameter("header", "Idempotency-Key", false, key, why));
        if method == "patch" {
            let version = "The version that you changed. After 412 read it again, decide anew and draw a new \
                `Idempotency-Key`: under the old one you get the 412 again, whatever version you name";
            given.push(parameter("header", "If-Match", false, text(), version));
        }
    }
    if operation.get("responses").is_some_and(|r| r.to_string().contains("/schemas/Page_"))
        && !path.ends_with("/tickets")
    {
        let limit = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 20 });
        let Some(given) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
        given.push(parameter("query", "limit", false, limit, "Most items of the page"));
        given.push(parameter("query", "cursor", false, text(), "`next_cursor` of the page before"));
    }
}

fn refusal(status: u16) -> Value {
    let codes = Kind::ALL.iter().map(|k| k.row()).filter(|row| row.status == status);
    let codes: Vec<String> = codes.map(|row| format!("`{}`", row.code)).collect();
    json!({
        "description": codes.join(", "),
        "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
    })
}

fn headers(reads: bool) -> Value {
    let text = |description: &str| json!({ "schema": { "type": "string" }, "description": description });
    let mut headers = json!({
        "X-Log-Index": { "schema": { "type": "integer" }, "description": "Log index that the answer reflects" },
        "X-Request-Id": text("Finds the request in the node's log"),
    });
    if let Some(headers) = headers.as_object_mut() {
        if reads {
            headers.insert("ETag".to_owned(), text("Names this version of the thing"));
        } else {
            headers.insert("Idempotency-Replayed".to_owned(), text("`true` if an earlier answer is repeated"));
        }
    }
    headers
}

fn add_schemas(document: &mut Value) {
    let codes: Vec<&str> = Kind::ALL.iter().map(|k| k.row().code).collect();
    let problem = json!({
        "type": "object",
        "description": "RFC 9457 problem details; further members by code.",
        "required": ["type", "title", "status", "code", "detail", "request_id"],
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" }, "status": { "type": "integer" },
            "code": { "type": "string", "enum": codes }, "detail": { "type": "string" },
            "request_id": { "type": "string" },
            "errors": { "type": "array", "items": { "type": "object", "properties": {
                "in": { "type": "string" }, "pointer": { "type": "string" }, "detail": { "type": "string" } } } },
            "seats": { "type": "array", "items": { "$ref": "#/components/schemas/NamedPlace" } },
            "suggestion": { "type": "array", "items": { "$ref": "#/components/schemas/NamedPlace" } },
            "pointer": { "type": "string" }, "scope": { "type": "string" }, "free": { "type": "integer" },
            "max": { "type": "integer" }, "version": { "type": "integer" }, "hold": { "type": "string" },
            "from": { "type": "string", "format": "date-time" },
            "line": { "type": "integer" }, "column": { "type": "string" },
            "lost": { "type": "array", "items": { "$ref": "#/components/schemas/NamedPlace" } },
            "repriced": { "type": "array", "items": { "$ref": "#/components/schemas/NamedPlace" } },
            "areas": { "type": "array", "items": { "$ref": "#/components/schemas/NamedPlace" } },
            "missing": { "type": "array", "items": { "$ref": "#/components/schemas/Gap" } }
        }
    });
    let place = json!({ "type": "object", "required": ["id", "label"],
        "properties": { "id": { "type": "string" }, "label": { "type": "string" } } });
    let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) else { return };
    components.insert(
        "parameters".to_owned(),
        json!({ "X-Min-Log-Index": {
            "in": "header", "name": "X-Min-Log-Index", "schema": { "type": "integer", "minimum": 0 },
            "description": "Taken by every operation under /api/: answer only once this log index is applied here; \
                503 `node-behind` after 2 s."
        } }),
    );
    components.insert(
        "securitySchemes".to_owned(),
        json!({
            "apiKey": { "type": "http", "scheme": "bearer", "description": "An API key, `usk_…`" },
            "session": { "type": "apiKey", "in": "cookie", "name": "__Host-usher_session",
                "description": "Set by `POST /api/v1/sessions`; `usher_session` where no public URL is https" },
            "holdToken": { "type": "apiKey", "in": "header", "name": "X-Hold-Token",
                "description": "A hold's token, `uht_…`; several with commas between" },
        }),
    );
    let Some(schemas) = components.get_mut("schemas").and_then(Value::as_object_mut) else { return };
    schemas.insert("Problem".to_owned(), problem);
    schemas.insert("NamedPlace".to_owned(), place);
    inline_parts(schemas);
    // A patch is the whole body with every member optional.
    for name in ["VenueBody", "EventBody", "ShowtimeBody", "VoucherBody"] {
        if let Some(mut patch) = schemas.get(name).cloned() {
            if let Some(patch) = patch.as_object_mut() {
                patch.remove("required");
            }
            schemas.insert(name.replace("Body", "Patch"), patch);
        }
    }
    let patches = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for schema in patches.filter_map(|(_, m)| m.pointer_mut("/patch/requestBody/content/application~1json/schema/$ref"))
    {
        *schema = schema.as_str().unwrap_or_default().replace("Body", "Patch").into();
    }
}

/// Writes out schemas that are made of others, wherever they stand: a part that takes no further members would refuse
/// the rest.
fn inline_parts(schemas: &mut Map<String, Value>) {
    let whole = schemas.clone();
    schemas.values_mut().for_each(|schema| inline(schema, &whole));
}

fn inline(schema: &mut Value, whole: &Map<String, Value>) {
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for part in parts {
            let name = part.get("$ref").and_then(Value::as_str).and_then(|r| r.rsplit('/').next());
            let part = name.and_then(|n| whole.get(n)).unwrap_or(part);
            properties.extend(part.get("properties").and_then(Value::as_object).cloned().unwrap_or_default());
            required.extend(part.get("required").and_then(Value::as_array).cloned().unwrap_or_default());
        }
        let description = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        *schema = json!({
            "type": "object", "description": description, "properties": properties, "required": required
        });
    }
    match schema {
        Value::Object(members) => members.values_mut().for_each(|member| inline(member, whole)),
        Value::Array(items) => items.iter_mut().for_each(|item| inline(item, whole)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A page, and what a browser may do with it.
type Page = ([(HeaderName, HeaderValue); 1], Reply);

fn html(text: String) -> Page {
    let policy = (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    ([policy], Reply::bytes(HTML, text.into()).hashed())
}

#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "Documentation", summary = "This document",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(crate) async fn document(Shared(app): Shared<App>) -> Reply {
    Reply::bytes("application/json", app.openapi.clone()).hashed()
}

#[utoipa::path(get, path = "/docs", tag = "Documentation", summary = "This document, rendered",
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn page() -> Page {
    html(DOCS.to_owned())
}

#[utoipa::path(get, path = "/docs.js", tag = "Documentation", summary = "The program of /docs",
    responses((status = 200, description = "A program", body = String, content_type = "text/javascript")))]
pub(crate) async fn script() -> Reply {
    Reply::bytes("text/javascript; charset=utf-8", Bytes::from_static(DOCS_JS.as_bytes())).hashed()
}

#[utoipa::path(get, path = "/style.css", tag = "Documentation", summary = "The looks of the pages",
    responses((status = 200, description = "A style sheet", body = String, content_type = "text/css")))]
pub(crate) async fn style() -> Reply {
    Reply::bytes("text/css; charset=utf-8", Bytes::from_static(STYLE.as_bytes())).hashed()
}

#[utoipa::path(get, path = "/", tag = "Documentation", summary = "What this is",
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn home(Shared(app): Shared<App>, request: axum::extract::Request) -> Response {
    let (parts, _) = request.into_parts();
    match crate::ui::home(&app, &parts).await {
        Some(page) => page,
        None => html(HOME.to_owned()).into_response(),
    }
}

#[utoipa::path(get, path = "/problems/{code}", tag = "Documentation", summary = "What a problem means",
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn problem(Id(code): Id<String>) -> Result<Page, Problem> {
    let row = Kind::ALL.iter().map(|k| k.row()).find(|row| row.code == code).ok_or_else(|| Kind::NotFound.problem())?;
    // All parts are our own texts without markup, but for quotes in code.
    Ok(html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><link rel=\"stylesheet\" href=\"/style.css\">\
         <main><p><a href=\"/\">Usher</a></p><h1>{title}</h1><p><code>{code}</code> · status {status}</p>\
         <p>{meaning}</p><p><b>What to do.</b> {remedy}</p></main></html>",
        title = row.title,
        code = row.code,
        status = row.status,
        meaning = row.meaning,
        remedy = row.remedy,
    )))
}
