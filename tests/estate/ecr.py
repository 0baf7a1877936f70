"""What the estate has of ECR."""

import json


def repositories(aws):
    """AWS::ECR::Repository"""
    ecr = aws("ecr")
    ecr.create_repository(
        repositoryName="team/web",
        imageTagMutability="IMMUTABLE",
        imageScanningConfiguration={"scanOnPush": True},
        tags=[{"Key": "team", "Value": "web"}],
    )
    ecr.set_repository_policy(repositoryName="team/web", policyText=json.dumps(POLICY))
    ecr.put_lifecycle_policy(repositoryName="team/web", lifecyclePolicyText=json.dumps(LIFECYCLE))
    ecr.create_repository(repositoryName="plain")


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "pull", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]}
    ],
}
LIFECYCLE = {
    "rules": [
        {
            "rulePriority": 1,
            "description": "keep the last twenty images",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 20},
            "action": {"type": "expire"},
        }
    ]
}


def images(aws):
    """AWS::ECR::Image"""
    ecr = aws("ecr")
    if "team/api" not in [known["repositoryName"] for known in ecr.describe_repositories()["repositories"]]:
        ecr.create_repository(repositoryName="team/api")
    for tag, digest in (("1.27", "sha256:" + "a" * 64), (None, "sha256:" + "b" * 64)):
        layer = {"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 32654, "digest": digest}
        config = {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 7023, "digest": digest}
        manifest = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": config,
            "layers": [layer],
        }
        ecr.put_image(repositoryName="team/api", imageManifest=json.dumps(manifest), **({"imageTag": tag} if tag else {}))


KINDS = {
    "AWS::ECR::Image": images,
    "AWS::ECR::Repository": repositories,
}
