-- Runs vectors through etc/job_submit.lua and prints "name<TAB>result" lines.
-- lua5.1 harness.lua HOOK RULES_TABLE VECTORS, both files as tests/test_vectors.py writes them.

slurm = {
  SUCCESS = 0,
  ERROR = -1,
  log_error = function() end,
  log_user = function() end,
}
dofile(arg[1])
local hook = slurm_energy

local function contents(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local rules = assert(hook.build_rules(contents(arg[2])))

local ESCAPES = { t = "\t", n = "\n", r = "\r", v = "\v", f = "\f", ["\\"] = "\\" }

local function unescape(text)
  text = text:gsub("\\(.)(%x?%x?)", function(kind, hex)
    if kind == "x" then
      return string.char(tonumber(hex, 16))
    end
    return ESCAPES[kind] .. hex
  end)
  return text
end

local function escape(text)
  return (text:gsub(".", function(char)
    local byte = char:byte()
    if byte < 32 or byte > 126 or char == "\\" then
      return string.format("\\x%02X", byte)
    end
    return nil
  end))
end

local function fields(text)
  local found = {}
  for key, value in text:gmatch("([a-z_]+)=([^ ]*)") do
    found[key] = tonumber(value) or value
  end
  return found
end

local ORDER = {
  "class", "deadline", "urgency", "sensitivity", "slo", "max_delay",
  "residency", "model", "dataset", "interruptible", "region", "checkpoint",
}

local function dump_tag(tag)
  if not tag then
    return "-"
  elseif tag.off then
    return "off"
  end
  local words = {}
  for _, key in ipairs(ORDER) do
    local value = tag[key]
    if type(value) == "table" then
      value = table.concat(value, "+")
    elseif type(value) == "number" then
      value = (key == "deadline" and tag.deadline_relative and "+" or "")
        .. string.format("%.0f", value)
    end
    if value ~= nil then
      words[#words + 1] = key .. "=" .. value
    end
  end
  return table.concat(words, " ")
end

local KIND = {}

function KIND.tag(comment, environment)
  local tag = hook.read_tag(comment, environment)
  local warning = hook.misspelt(comment)
  return dump_tag(tag) .. (warning and " ? " .. warning or "")
end

function KIND.resolve(comment, facts_text)
  local facts = fields(facts_text)
  local submit = facts.submit or 1800000000
  local contract, lines = hook.resolve(rules, hook.read_tag(comment, ""), {
    partition = tostring(facts.partition or ""),
    qos = tostring(facts.qos or ""),
    account = tostring(facts.account or ""),
    name = tostring(facts.name or ""),
    gpus = facts.gpus or 0,
    time_limit = facts.limit,
    begin = facts.begin or 0,
  }, submit, facts.now or submit)
  local words, put = hook.pair_list()
  if contract then
    hook.put_contract(put, contract)
    put("@", table.concat(contract.clusters, "+"))
  end
  local text = contract and table.concat(words, " ") or "-"
  for _, line in ipairs(lines) do
    text = text .. " | " .. line
  end
  return text
end

function KIND.gpus(request)
  return string.format("%.0f", hook.count_gpus(fields(request)))
end

function KIND.glob(pattern, name)
  return hook.glob(pattern, name) and "yes" or "no"
end

for line in contents(arg[3]):gmatch("[^\n]+") do
  if line:sub(1, 1) ~= "#" then
    local kind, name, a, b = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)")
    local fine, result = pcall(KIND[kind], unescape(a), unescape(b))
    if not fine then
      result = type(result) == "table" and "! " .. result.line or "FAULT " .. tostring(result)
    end
    print(name .. "\t" .. escape(result))
  end
end
