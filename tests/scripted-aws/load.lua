-- What wrk asks of the scripted AWS: a page of VPCs, in the form of a signed call.
--   wrk -t1 -c16 -d10s -s load.lua http://127.0.0.1:PORT/
local now = os.time()
wrk.method = "POST"
wrk.body = "Action=DescribeVpcs&Version=2016-11-15&MaxResults=1000"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
wrk.headers["X-Amz-Date"] = os.date("!%Y%m%dT%H%M%SZ", now)
wrk.headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=AKIASCRIPTEDAWSSOURC/" .. os.date("!%Y%m%d", now)
  .. "/us-east-1/ec2/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=" .. string.rep("0", 64)

-- What was not answered well would make the figure a lie.
local failed = 0
function response(status)
  if status ~= 200 then failed = failed + 1 end
end
