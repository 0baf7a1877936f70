"""What the estate has of AppSync."""


def graphql_apis(aws):
    """AWS::AppSync::GraphQLApi"""
    appsync = aws("appsync")
    appsync.create_graphql_api(name="orders", authenticationType="API_KEY", tags={"team": "web"})
    appsync.create_graphql_api(name="plain", authenticationType="AWS_IAM", xrayEnabled=True)


KINDS = {"AWS::AppSync::GraphQLApi": graphql_apis}
