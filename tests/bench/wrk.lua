-- SPDX-License-Identifier: Apache-2.0
-- What real clients send: authenticated calls, JSON or protobuf. Arguments after "--": what, token, count of ids.
local what, token, count
-- Reads are made before the clock runs: the load shall not cost what it measures.
local ready, at = nil, 0

local function id(n)
  return string.format("00000009-0000-7000-8000-%012x", n)
end

local function uuid()
  return string.format("%08x-%04x-4%03x-8%03x-%06x%06x", math.random(0, 0xffffffff), math.random(0, 0xffff),
    math.random(0, 0xfff), math.random(0, 0xfff), math.random(0, 0xffffff), math.random(0, 0xffffff))
end

-- A protobuf string field of less than 16 kB.
local function text(field, value)
  local n = #value
  local len = n < 128 and string.char(n) or string.char(n % 128 + 128, math.floor(n / 128))
  return string.char(field * 8 + 2) .. len .. value
end

-- Steps that may begin, one after the other, each by the head of its section (seed_steps.sql).
local step, sections = 0, 80
local function next_step()
  step = step + 1
  token = "sokuo_head_" .. (step - 1) % sections + 1
  return string.format("00000013-0000-7000-8000-%012x", step)
end
local run = "00000012-0000-7000-8000-000000000001"

local title = "窓口の端末に警告が表示された"
local description = string.rep("画面に見慣れない警告が出て、業務の端末が動かなくなった。", 4)

local kinds = {
  read_json = function() return "IncidentService/GetIncident", '{"id":"' .. id(math.random(1, count)) .. '"}' end,
  read_proto = function() return "IncidentService/GetIncident", text(1, id(math.random(1, count))) end,
  file_json = function()
    return "IncidentService/FileIncident", '{"operationId":"' .. uuid() .. '","title":"' .. title .. '","description":"' ..
      description .. '","incidentType":"INCIDENT_TYPE_MALWARE"}'
  end,
  file_proto = function()
    return "IncidentService/FileIncident", text(1, uuid()) .. text(2, title) .. text(3, description) .. string.char(4 * 8, 101)
  end,
  list = function() return "IncidentService/ListIncidents", '{"pageSize":50}' end,
  list_open = function() return "IncidentService/ListIncidents", '{"pageSize":50,"filter":{"openOnly":true}}' end,
  search_common = function() return "IncidentService/SearchIncidents", '{"query":"警告"}' end,
  search_rare = function() return "IncidentService/SearchIncidents", '{"query":"鯨類"}' end,
  finish_json = function()
    return "StepService/UpdateStep", '{"operationId":"' .. uuid() .. '","stepId":"' .. next_step() .. '","act":"STEP_ACT_DONE"}'
  end,
  finish_proto = function() return "StepService/UpdateStep", text(1, uuid()) .. text(2, next_step()) .. string.char(4 * 8, 2) end,
  mine = function() return "StepService/ListMySteps", "{}" end,
  runs = function() return "PlaybookService/ListRuns", '{"incidentId":"' .. id(1) .. '"}' end,
  run = function() return "PlaybookService/GetRun", '{"id":"' .. run .. '"}' end,
  bare = function() return nil end,
}

local function make()
  local method, body = kinds[what]()
  if not method then return wrk.format("GET", "/") end
  local form = what:match("proto") and "application/proto" or "application/json"
  return wrk.format("POST", "/sokuo.v1." .. method,
    { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = form, ["Connect-Protocol-Version"] = "1" }, body)
end

function init(args)
  what, token, count = args[1], args[2], tonumber(args[3])
  math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000)
  if what:match("^read") then
    ready = {}
    for i = 1, 5000 do ready[i] = make() end
  end
end

function request()
  if not ready then return make() end
  at = at % #ready + 1
  return ready[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %.1f %d %d %d %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50),
    latency:percentile(99), latency.max, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
