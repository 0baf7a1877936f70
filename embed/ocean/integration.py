"""What a mapping may say to this integration: the words of Port's `aws-v3`, for every kind that the component reads."""

from port_ocean.core.handlers import APIPortAppConfig
from port_ocean.core.handlers.port_app_config.models import PortAppConfig, ResourceConfig, Selector
from port_ocean.core.integrations.base import BaseIntegration
from pydantic.v1 import BaseModel, Field


class RegionPolicy(BaseModel):
    allow: list[str] = Field(default_factory=list, title="Allow", description="Only these regions are read.")
    deny: list[str] = Field(default_factory=list, title="Deny", description="These regions are not read; deny wins.")


class AWSSelector(Selector):
    region_policy: RegionPolicy = Field(
        alias="regionPolicy",
        default_factory=RegionPolicy,
        title="Region Policy",
        description="The regions that this kind is read in. Without it: all that the account has enabled.",
    )
    include_actions: list[str] = Field(
        alias="includeActions",
        default_factory=list,
        title="Include Actions",
        description="Optional calls that fill more properties, by name; any number.",
    )
    max_concurrent_accounts: int = Field(
        alias="maxConcurrentAccounts",
        default=5,
        ge=1,
        title="Max Concurrent Accounts",
        description="Accepted as the peer has it; how many accounts are read side by side. The largest of a mapping counts.",
    )


class AWSResourceConfig(ResourceConfig):
    # Any text: what the catalogue knows is asked of the component, which also reads kinds by an operation's name.
    kind: str = Field(title="Kind", description="A kind of the component's catalogue, an operation that lists, or a CloudFormation type.")
    selector: AWSSelector = Field(title="Selector", description="Which resources are read, and which of them become entities.")


class AWSPortAppConfig(PortAppConfig):
    resources: list[AWSResourceConfig] = Field(default_factory=list, title="Resources", description="The kinds, in the order in which they are read.")


class PortolanIntegration(BaseIntegration):
    class AppConfigHandlerClass(APIPortAppConfig):
        CONFIG_CLASS = AWSPortAppConfig
