"""What the estate has of Glue."""

ROLE = "arn:aws:iam::111122223333:role/glue"


def databases(aws):
    """AWS::Glue::Database"""
    aws("glue").create_database(
        DatabaseInput={"Name": "sales", "Description": "what was sold", "LocationUri": "s3://sales/"},
        Tags={"team": "data"},
    )
    aws("glue").create_database(DatabaseInput={"Name": "plain"})


def jobs(aws):
    """AWS::Glue::Job"""
    aws("glue").create_job(
        Name="load",
        Role=ROLE,
        Command={"Name": "glueetl", "ScriptLocation": "s3://scripts/load.py", "PythonVersion": "3"},
        DefaultArguments={"--password": "hunter2", "--job-language": "python"},
        GlueVersion="5.0",
        WorkerType="G.1X",
        NumberOfWorkers=10,
        Tags={"team": "data"},
    )
    aws("glue").create_job(Name="plain", Role=ROLE, Command={"Name": "pythonshell"})


def crawlers(aws):
    """AWS::Glue::Crawler"""
    for name, tags in (("sales", {"team": "data"}), ("plain", {})):
        aws("glue").create_crawler(
            Name=name,
            Role=ROLE,
            DatabaseName="sales",
            Targets={"S3Targets": [{"Path": f"s3://{name}/", "Exclusions": ["tmp/**"]}]},
            Schedule="cron(0 4 * * ? *)",
            Tags=tags,
        )


KINDS = {"AWS::Glue::Crawler": crawlers, "AWS::Glue::Database": databases, "AWS::Glue::Job": jobs}
