"""What the estate has of API Gateway's REST APIs."""


def rest_apis(aws):
    """AWS::ApiGateway::RestApi"""
    apigateway = aws("apigateway")
    apigateway.create_rest_api(name="orders", description="takes orders", tags={"team": "web"})
    apigateway.create_rest_api(name="plain", endpointConfiguration={"types": ["REGIONAL"]})


def stages(aws):
    """AWS::ApiGateway::Stage"""
    apigateway = aws("apigateway")
    api = apigateway.create_rest_api(name="staged")["id"]
    root = apigateway.get_resources(restApiId=api)["items"][0]["id"]
    asked = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    apigateway.put_method(**asked, authorizationType="NONE")
    apigateway.put_integration(**asked, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    deployment = apigateway.create_deployment(restApiId=api)["id"]
    apigateway.create_stage(
        restApiId=api,
        deploymentId=deployment,
        stageName="live",
        variables={"backendKey": "hunter2"},
        tags={"team": "web"},
    )
    apigateway.create_stage(restApiId=api, deploymentId=deployment, stageName="test")


def domain_names(aws):
    """AWS::ApiGateway::DomainName"""
    apigateway = aws("apigateway")
    certificate = f"arn:aws:acm:eu-west-1:{aws('sts').get_caller_identity()['Account']}:certificate/1"
    for name, more in (("api.example.com", {"tags": {"team": "web"}}), ("plain.example.com", {})):
        apigateway.create_domain_name(
            domainName=name,
            regionalCertificateArn=certificate,
            endpointConfiguration={"types": ["REGIONAL"]},
            securityPolicy="TLS_1_2",
            **more,
        )


KINDS = {
    "AWS::ApiGateway::RestApi": rest_apis,
    "AWS::ApiGateway::Stage": stages,
    "AWS::ApiGateway::DomainName": domain_names,
}
