"""What a resync reads from: `portolan.Estate`, made of the settings and of what the mapping asks for."""

import contextlib
import logging

import botocore.session
import portolan


class Unreadable(Exception):
    """A resource of the mapping that cannot be read at all. Says why."""


class Estates(contextlib.ExitStack):
    """The estates of a resync, each made when the first of its kinds is read.

    An estate has each kind once. A mapping that has a kind twice with different selectors needs a second one for it; the
    accounts and their regions are asked once in each.
    """

    def __init__(self, settings, wanted):
        super().__init__()
        self.settings = settings
        self.accept_denied = frozenset(settings["accept_denied"])
        kinds = portolan.describe()["kinds"]
        self.names = {alias: kind["kind"] for kind in kinds for alias in kind.get("aliases", [])}
        self.actions = {kind["kind"]: {action["name"] for action in kind.get("actions", [])} for kind in kinds}
        self.layers, self.made = [], {}
        self.places = [self._place(self._entry(each)) for each in wanted]

    def of(self, index):
        """(estate, kind) for a resource of the mapping."""
        layer, kind = self.places[index]
        if layer not in self.made:
            self.made[layer] = self._make(self.layers[layer])
        estate, refused = self.made[layer]
        if kind in refused:
            raise Unreadable(refused[kind])
        # Under another name it would have no units, and nothing would be missing.
        if kind not in {known["kind"] for known in estate.manifest["kinds"]}:
            raise Unreadable("the component does not know it by this name")
        return estate, kind

    def _entry(self, wanted):
        kind = self.names.get(wanted["kind"], wanted["kind"])
        actions = wanted["actions"]
        if kind in self.actions:
            unknown = [name for name in actions if name not in self.actions[kind]]
            # The peer ignores them too; a misspelt action should not stop the kind.
            for name in unknown:
                logging.warning("%s has no action %r: it is ignored", kind, name)
            actions = [name for name in actions if name in self.actions[kind]]
        return {"kind": kind, "actions": sorted(actions), "regions": wanted["regions"]}

    def _place(self, entry):
        for number, layer in enumerate(self.layers):
            if layer.setdefault(entry["kind"], entry) == entry:
                return number, entry["kind"]
        self.layers.append({entry["kind"]: entry})
        return len(self.layers) - 1, entry["kind"]

    def _make(self, layer):
        """The estate, and the kinds that it does not take with the reason. One mistaken kind does not stop the others."""
        entries, refused = list(layer.values()), {}
        while True:
            try:
                return self.enter_context(portolan.Estate(kinds=entries, **self._arguments())), refused
            except portolan.ConfigurationError as error:
                mistaken = mistakes(error, entries)
                if not mistaken:
                    raise
                refused.update(mistaken)
                entries = [entry for entry in entries if entry["kind"] not in mistaken]
                if not entries:
                    return None, refused

    def _arguments(self):
        settings = self.settings
        selection = {"ous": {"include": settings["ous"]}, "exclude": settings["exclude"]}
        if settings["role"]:
            access = {"account_role_arn": settings["role"]}
        elif settings["roles"]:
            access = {"account_role_arns": settings["roles"]}
        else:
            access = {"account": "self"}
        optional = {"external_id": settings["external_id"], "region": settings["region"]}
        return {
            **access,
            **{name: value for name, value in optional.items() if value is not None},
            "session": session(settings),
            "config": {"accounts": selection, "sensitive": settings["sensitive"], "redaction_key": settings["redaction_key"]},
        }


def mistakes(error, entries):
    """Which kinds the component refused, and why: a remark's place begins with /kinds/NUMBER."""
    found = {}
    for remark in error.remarks:
        place = remark.at.split("/")
        if place[1:2] != ["kinds"] or not place[2:3] or not place[2].isdigit():
            return {}
        instead = f"; write {remark.instead}" if remark.instead else ""
        found.setdefault(entries[int(place[2])]["kind"], f"{remark.message}{instead}")
    return found


def session(settings):
    """The session from whose credentials the roles are assumed. The source that is configured is used, and no other."""
    made = botocore.session.Session()
    if settings["region"]:
        made.set_config_variable("region", settings["region"])
    key, secret, token = settings["keys"]
    if settings["provider"] == "StaticCredential":
        made.set_credentials(key, secret, token)
    elif settings["provider"] == "AssumeRoleWithWebIdentity":
        chain = made.get_component("credential_provider")
        # By itself, the chain would prefer keys in the environment.
        made._credentials = chain.get_provider("assume-role-with-web-identity").load()
        if made._credentials is None:
            raise Unreadable("AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not: the role that the token stands for is not known")
    return made
