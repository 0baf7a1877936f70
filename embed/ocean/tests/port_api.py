"""A server that stands for Port's API: on loopback, with what Ocean's client calls in a resync.

INFERRED: none of this was compared with the real Port. It is what the client of `port_ocean` sends, reads and does with the
answers. Where this matters for deletions: an upsert makes an entity newer, also where nothing changed, and
`datasource-entities` gives only what is older than `before`, which is the resync's start.

As a program it serves until its standard input ends: port_api.py MAPPING.json prints its URL. The mapping is what a user
has configured at Port; BLUEPRINTS.json, a second file, are blueprints that are there already.
"""

import datetime
import http.server
import json
import sys
import threading
import urllib.parse

CLIENT_ID, CLIENT_SECRET = "a-planted-client-id", "a-planted-client-secret-of-port"
# Entities of one bulk: the client's own setting; more are refused.
BULK_MAX = 20
# Entities of one bulk deletion.
DELETIONS_MAX = 100


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class PortApi:
    """What Port has, and what it was asked. Safe to look at from other threads while it serves."""

    def __init__(self, mapping=None, blueprints=()):
        self.lock = threading.RLock()
        self.mapping = mapping
        self.integrations = {}
        self.blueprints = {blueprint["identifier"]: blueprint for blueprint in blueprints}
        self.entities = {}
        self.requests = []
        self.states = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def copy(self):
        """Another server that has what this one has."""
        other = PortApi(self.mapping, self.blueprints.values())
        with self.lock:
            other.entities = dict(self.entities)
            other.integrations = {name: {**made, **other.sinks()} for name, made in self.integrations.items()}
        return other

    # What tests look at.

    def of(self, blueprint):
        """A blueprint's entities, by identifier."""
        with self.lock:
            return {identifier: entity["json"] for (of, identifier), entity in self.entities.items() if of == blueprint}

    def deleted(self):
        """The identifiers that were asked to be deleted, in order."""
        with self.lock:
            asked = [(method, path, body) for method, path, _, body in self.requests]
        deleted = []
        for method, path, body in asked:
            if method == "POST" and path[-3:] == ["bulk", "entities", "delete"]:
                deleted += [(path[1], identifier) for identifier in body["entities"]]
            elif method == "DELETE":
                deleted.append(tuple(path[1:]))
        return deleted

    def forget(self):
        """Empties the log of requests and states; what is there stays."""
        with self.lock:
            self.requests, self.states = [], []

    # What the client asks.

    def answer(self, method, path, query, headers, body):
        if path[:1] == ["sinks"]:
            return {"ok": True}
        if path == ["auth", "access_token"]:
            if (body["clientId"], body["clientSecret"]) != (CLIENT_ID, CLIENT_SECRET):
                raise Refused(401, "Client ID or Secret is invalid")
            return {"ok": True, "accessToken": "a-planted-token", "expiresIn": 3600, "tokenType": "Bearer"}
        if headers.get("Authorization") != "Bearer a-planted-token":
            raise Refused(401, "the token is unknown")
        match method, path:
            case "GET", ["organization"]:
                return {"ok": True, "organization": {"id": "org_of_the_tests", "name": "Tests", "featureFlags": []}}
            case "GET", ["integration", "provision-enabled"]:
                return {"ok": True, "integrations": []}
            case "POST", ["integration"]:
                return {"ok": True, "integration": self.create_integration(body)}
            case "GET", ["integration", identifier]:
                return {"ok": True, "integration": self.integration(identifier)}
            case "PATCH", ["integration", identifier] | ["integration", identifier, "config"]:
                self.integration(identifier).update(body)
                return {"ok": True, "integration": self.integration(identifier)}
            case "PATCH", ["integration", identifier, "resync-state"]:
                self.states.append(body["status"])
                state = {**body, "updatedAt": datetime.datetime.now(datetime.timezone.utc).isoformat()}
                return {"ok": True, "integration": {**self.integration(identifier), "resyncState": state}}
            case "POST", ["integration", _, "kinds", _, "examples"]:
                return {"ok": True}
            case "GET", ["blueprints", identifier]:
                return {"ok": True, "blueprint": self.blueprint(identifier)}
            case "POST", ["blueprints"]:
                self.blueprints[body["identifier"]] = body
                return {"ok": True, "blueprint": body}
            case "PATCH", ["blueprints", identifier]:
                self.blueprint(identifier).update(body)
                return {"ok": True, "blueprint": self.blueprint(identifier)}
            case "POST", ["entities", "search"]:
                return {"ok": True, "entities": [entity["json"] for key, entity in self.entities.items() if fits(key, entity, body)]}
            case "POST", ["blueprints", "entities", "datasource-entities"]:
                return {"ok": True, "entities": self.of_datasource(body), "next": None}
            case "POST", ["blueprints", identifier, "entities", "bulk"]:
                return self.bulk(identifier, query, headers["User-Agent"], body["entities"])
            case "POST", ["blueprints", identifier, "bulk", "entities", "delete"]:
                return {"ok": True, "deletedEntities": self.delete(identifier, body["entities"])}
            case "DELETE", ["blueprints", identifier, "entities", entity]:
                return {"ok": True, "deletedEntities": self.delete(identifier, [entity])}
        raise Refused(404, f"the tests' server has no {method} /v1/{'/'.join(path)}")

    def integration(self, identifier):
        if identifier not in self.integrations:
            raise Refused(404, "Integration was not found")
        return self.integrations[identifier]

    def create_integration(self, body):
        made = {**body, "config": body.get("config") or {}, "resyncState": {}, **self.sinks()}
        if self.mapping is not None:
            made |= {"config": self.mapping, "arePortResourcesInitialized": True}
        self.integrations[body["installationId"]] = made
        return made

    def sinks(self):
        """Where the client sends logs, metrics and raw data."""
        names = {"logAttributes": "logs", "metricAttributes": "metrics", "ingestAttributes": "lake"}
        return {name: {"ingestUrl": f"{self.url}/v1/sinks/{sink}"} for name, sink in names.items()}

    def blueprint(self, identifier):
        if identifier not in self.blueprints:
            raise Refused(404, f'Blueprint with identifier "{identifier}" was not found')
        return self.blueprints[identifier]

    def bulk(self, blueprint, query, datasource, entities):
        """Each for itself: what is wrong with one does not keep the others out."""
        schema = self.blueprint(blueprint)
        if len(entities) > BULK_MAX:
            raise Refused(422, f"at most {BULK_MAX} entities")
        taken, errors = [], []
        for index, entity in enumerate(entities):
            wrong = self.wrong(schema, entity)
            said = {"index": index, "identifier": str(entity.get("identifier"))}
            if wrong:
                errors.append({**said, "statusCode": 422, "error": "invalid_request", "message": wrong})
            else:
                taken.append({**said, "created": self.upsert(blueprint, schema, entity, datasource)})
        return {"ok": not errors, "entities": taken, "errors": errors}

    def wrong(self, schema, entity):
        if not isinstance(entity.get("identifier"), str) or not entity["identifier"]:
            return "identifier must be a text of at least one character"
        unknown = set(entity.get("properties") or {}) - set(schema["schema"]["properties"])
        unknown |= set(entity.get("relations") or {}) - set(schema.get("relations") or {})
        return f"the blueprint has no {sorted(unknown)}" if unknown else None

    def upsert(self, blueprint, schema, entity, datasource):
        for name, value in (entity.get("relations") or {}).items():
            target = schema["relations"][name]["target"]
            for identifier in value if isinstance(value, list) else [value]:
                if identifier is not None and (target, identifier) not in self.entities and (target, identifier) != (blueprint, entity["identifier"]):
                    self.store(target, {"identifier": identifier, "blueprint": target}, datasource)
        before = self.entities.get((blueprint, entity["identifier"]))
        merged = dict(before["json"]) if before else {"team": [], "properties": {}, "relations": {}}
        for name, value in entity.items():
            merged[name] = {**merged.get(name, {}), **value} if isinstance(value, dict) else value
        self.store(blueprint, {**merged, "blueprint": blueprint}, datasource)
        return before is None

    def store(self, blueprint, entity, datasource):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.entities[blueprint, entity["identifier"]] = {"json": entity, "datasource": datasource, "updated": now}

    def of_datasource(self, body):
        before = datetime.datetime.fromisoformat(body["before"]) if "before" in body else None
        return [
            {"identifier": identifier, "blueprint": blueprint}
            for (blueprint, identifier), entity in self.entities.items()
            if entity["datasource"].startswith(body["datasource_prefix"])
            and entity["datasource"].endswith(body["datasource_suffix"])
            and (before is None or entity["updated"] < before)
        ]

    def delete(self, blueprint, identifiers):
        if len(identifiers) > DELETIONS_MAX:
            raise Refused(422, f"at most {DELETIONS_MAX} entities")
        return [identifier for identifier in identifiers if self.entities.pop((blueprint, identifier), None)]


def fits(key, entity, rule):
    if "rules" in rule:
        return (any if rule["combinator"] == "or" else all)(fits(key, entity, each) for each in rule["rules"])
    value = {"$blueprint": key[0], "$identifier": key[1], "$datasource": entity["datasource"]}[rule["property"]]
    match rule["operator"]:
        case "=":
            return value == rule["value"]
        case "in":
            return value in rule["value"]
        case "contains":
            return rule["value"] in value
    raise Refused(422, f"the tests' server does not know the operator {rule['operator']}")


def handler(port):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # An answer in two packets would wait for the client's acknowledgement.
        wbufsize = -1

        def serve(self):
            address = urllib.parse.urlsplit(self.path)
            path = [urllib.parse.unquote_plus(part) for part in address.path.removeprefix("/v1/").split("/")]
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            body = json.loads(text) if text else {}
            query = dict(urllib.parse.parse_qsl(address.query))
            with port.lock:
                if path[0] != "sinks":
                    port.requests.append((self.command, path, query, body))
                try:
                    status, answer = 200, port.answer(self.command, path, query, self.headers, body)
                except Refused as refused:
                    status, answer = refused.status, {"ok": False, "error": "refused", "message": str(refused)}
                sent = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = serve

        def log_message(self, *_):
            pass

    return Handler


def main():
    mapping, blueprints = ([json.load(open(path)) for path in sys.argv[1:]] + [None, None])[:2]
    port = PortApi(mapping, blueprints or ())
    print(port.url, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
