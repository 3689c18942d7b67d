// Renders /api/v1/openapi.json. No library: a list of operations with parameters, bodies and answers.
"use strict";
const make = (tag, text, ...children) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...children);
  return element;
};
const schemaName = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.type === "array") return schemaName(schema.items) + "[]";
  if (schema.enum) return schema.enum.join(" | ");
  const options = schema.oneOf || schema.anyOf || schema.allOf;
  if (options) return options.map(schemaName).join(schema.allOf ? " & " : " | ");
  return [].concat(schema.type || "object").join(" | ");
};
const link = (schema) => {
  const name = schemaName(schema).replace("[]", "");
  const anchor = make("a", schemaName(schema));
  anchor.href = "#schema-" + name;
  return anchor;
};
const table = (head, rows) => {
  const body = make("table", "", make("tr", "", ...head.map((h) => make("th", h))));
  rows.forEach((cells) => body.append(make("tr", "", ...cells.map((c) => (c instanceof Node ? make("td", "", c) : make("td", c))))));
  return body;
};
const operation = (path, method, op) => {
  const details = make("details", "", make("summary", "", make("b", method), make("code", path), make("span", "  " + (op.summary || ""))));
  details.id = op.operationId;
  if (op.description) details.append(make("p", op.description));
  if (op.parameters && op.parameters.length) {
    details.append(make("h4", "Parameters"), table(["Name", "In", "Type", ""],
      op.parameters.map((p) => [make("code", p.name + (p.required ? " *" : "")), p.in, schemaName(p.schema), p.description || ""])));
  }
  const bodies = Object.entries((op.requestBody || {}).content || {});
  if (bodies.length) details.append(make("h4", "Body"), table(["Media type", "Schema"], bodies.map(([type, b]) => [type, link(b.schema)])));
  const answers = Object.entries(op.responses || {}).map(([status, r]) => {
    const content = Object.entries(r.content || {})[0];
    return [status, r.description || "", content ? link(content[1].schema) : ""];
  });
  details.append(make("h4", "Answers"), table(["Status", "", "Schema"], answers));
  return details;
};
fetch("/api/v1/openapi.json").then((r) => r.json()).then((doc) => {
  document.getElementById("about").textContent = doc.info.description;
  const byTag = new Map();
  for (const [path, methods] of Object.entries(doc.paths)) {
    for (const [method, op] of Object.entries(methods)) {
      const tag = (op.tags || ["Other"])[0];
      if (!byTag.has(tag)) byTag.set(tag, []);
      byTag.get(tag).push(operation(path, method, op));
    }
  }
  const contents = document.getElementById("contents");
  const operations = document.getElementById("operations");
  for (const [tag, list] of byTag) {
    const heading = make("h2", tag);
    heading.id = "tag-" + tag;
    const anchor = make("a", tag);
    anchor.href = "#tag-" + tag;
    contents.append(anchor);
    operations.append(heading, ...list);
  }
  const schemas = document.getElementById("schemas");
  for (const [name, schema] of Object.entries(doc.components.schemas)) {
    const details = make("details", "", make("summary", "", make("code", name)), make("pre", JSON.stringify(schema, null, 2)));
    details.id = "schema-" + name;
    schemas.append(details);
  }
});
