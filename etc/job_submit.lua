--[[
slurm-energy's submit hook: reads a job's tag, annotates the job, keeps it where it may run, and
gives it a short begin-time lease where its class is being deferred now.

It runs under slurmctld's locks. So: no socket, no process, no waiting; two small files are read
as data, never as code; everything is inside pcall, and a fault of ours lets the job through (at
its own cluster only, when it carries a residency tag).

Grammar, classes and residency have a twin in Python (slurm_energy/decide); tests/vectors holds
both to one table. Lua 5.1 only: no goto, no bit operations, no library beside string and table.
--]]

local M = {
  rules_path = "/etc/slurm-energy/rules.table",
  now_path = "/var/lib/slurm-energy/now.table",
  time = os.time,
  logged = {},
  cache = {},
}
slurm_energy = M -- the one global besides slurm_job_submit and slurm_job_modify; tests reach in here

local RULES_HEAD, RULES_BYTES = "slurm-energy-rules 1", 256 * 1024
local NOW_HEAD, NOW_BYTES = "slurm-energy-now 1", 64 * 1024
local GROUP = "slurm-energy:"
local EXAMPLE = "e.g. energy:class=evaluation,deadline=+12h"
local DAY = 86400
local LONGEST_LEASE = 120
local LONGEST_TABLE = 3600 -- a table of now that claims to hold for longer is not trusted
local NO_VAL16, NO_VAL, INFINITE = 65534, 4294967294, 4294967295

-- Text ------------------------------------------------------------------------------------------

-- White space and letters are spelt out: %s, %w and %a follow the locale.
local WORD = "[^ \t\n\r\v\f]+"

local function starts(text, prefix)
  return text:sub(1, #prefix) == prefix
end

local function split(text, separator)
  local parts, from = {}, 1
  while true do
    local at = text:find(separator, from, true)
    parts[#parts + 1] = text:sub(from, (at or #text + 1) - 1)
    if not at then
      return parts
    end
    from = at + #separator
  end
end

local function trim(text)
  local first = text:find("[^ \t\n\r\v\f]")
  if not first then
    return ""
  end
  local last = #text
  while text:sub(last, last):find("[ \t\n\r\v\f]") do
    last = last - 1
  end
  return text:sub(first, last)
end

local function contains(list, value)
  for _, item in ipairs(list) do
    if item == value then
      return true
    end
  end
  return false
end

-- Safe for one line of a terminal: ASCII, at most 40 characters.
local function show(text)
  if text == "" then
    return "''"
  end
  local plain = text:sub(1, 40):gsub("[^\33-\126]", "?")
  return #text > 40 and plain .. "..." or plain
end

local function encode(text)
  return (text:gsub("[^A-Za-z0-9._:/@<%-]", function(char)
    return string.format("%%%02X", char:byte())
  end))
end

-- nil where the text never came from encode.
local function decode(text)
  if text == "" or text:gsub("%%[0-9A-F][0-9A-F]", ""):find("[^A-Za-z0-9._:/@<%-]") then
    return nil
  end
  return (text:gsub("%%(..)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

local function encode_list(names)
  local encoded = {}
  for index, name in ipairs(names) do
    encoded[index] = encode(name)
  end
  return table.concat(encoded, "+")
end

local function decode_list(text)
  local names = split(text, "+")
  for index, name in ipairs(names) do
    local plain = decode(name)
    if not plain then
      return nil
    end
    names[index] = plain
  end
  return names
end

local function whole(text, digits)
  if #text < 1 or #text > digits or text:find("[^0-9]") then
    return nil
  end
  return tonumber(text, 10)
end

local function int(number)
  return string.format("%.0f", number)
end

-- A refusal is an error whose value is a table; a fault of ours is a string.
local function refuse(line)
  error({ line = GROUP .. " " .. line }, 0)
end

-- Times -----------------------------------------------------------------------------------------

local UNITS = { s = 1, m = 60, h = 3600, d = DAY }

local function parse_duration(text)
  local unit = UNITS[text:sub(-1)]
  local count = unit and whole(text:sub(1, -2), 9)
  local seconds = count and count * unit
  return seconds and seconds <= 366 * DAY and seconds or nil
end

local function render_duration(seconds)
  for _, unit in ipairs({ "d", "h", "m" }) do
    if seconds > 0 and seconds % UNITS[unit] == 0 then
      return int(seconds / UNITS[unit]) .. unit
    end
  end
  return int(seconds) .. "s"
end

local MONTHS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function leap(year)
  return year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
end

local function days_before(year)
  local past = year - 1
  return past * 365 + math.floor(past / 4) - math.floor(past / 100) + math.floor(past / 400)
end

-- Seconds since the epoch; os.time would read the fields in the controller's own zone.
local function epoch(year, month, day, hour, minute, second)
  local days = days_before(year) - days_before(1970) + day - 1
  for past = 1, month - 1 do
    days = days + MONTHS[past] + (past == 2 and leap(year) and 1 or 0)
  end
  return days * DAY + hour * 3600 + minute * 60 + second
end

local function month_length(year, month)
  return MONTHS[month] + (month == 2 and leap(year) and 1 or 0)
end

local NUMBERS = { "^%-([0-9][0-9])", "^%-([0-9][0-9])", "^T([0-9][0-9])", "^:([0-9][0-9])" }

local function parse_zone(text)
  if text == "Z" then
    return 0
  end
  local sign, hours, minutes = text:match("^([+-])([0-9][0-9]):?([0-9][0-9])$")
  if not sign or tonumber(hours, 10) > 14 or tonumber(minutes, 10) > 59 then
    return nil
  end
  local offset = tonumber(hours, 10) * 3600 + tonumber(minutes, 10) * 60
  return sign == "-" and -offset or offset
end

local function parse_iso(text)
  local year = text:match("^[0-9][0-9][0-9][0-9]")
  if not year then
    return nil
  end
  local fields, rest = { tonumber(year, 10) }, text:sub(5)
  for _, pattern in ipairs(NUMBERS) do
    local number = rest:match(pattern)
    if not number then
      return nil
    end
    fields[#fields + 1], rest = tonumber(number, 10), rest:sub(4)
  end
  local second = rest:match("^:([0-9][0-9])")
  if second then
    rest = rest:sub(4)
  end
  fields[6] = tonumber(second or "0", 10)
  return fields, parse_zone(rest)
end

local function parse_absolute(text)
  local at, zone = parse_iso(text)
  if not at or not zone or at[1] < 2000 or at[1] >= 2200 or at[2] < 1 or at[2] > 12 then
    return nil
  end
  if at[3] < 1 or at[3] > month_length(at[1], at[2]) or at[4] > 23 or at[5] > 59 or at[6] > 59 then
    return nil
  end
  return epoch(unpack(at)) - zone
end

-- The tag: twin of slurm_energy/decide/terms/tag.py ---------------------------------------------------

local CLASSES = { "latency-critical", "nearline", "training", "evaluation" }
local LEVELS = { "low", "normal", "high" }
local REGIONS = { "primary", "secondary", "any" }

local function one_of(values)
  return function(text)
    return contains(values, text) and text or nil
  end
end

local function name_value(text)
  if #text < 1 or #text > 128 or text:find("[^A-Za-z0-9._:/@+%-]") then
    return nil
  end
  return text
end

local function urgency_value(text)
  local level = whole(text, 3)
  return level and level <= 100 and level or nil
end

local function slo_value(text)
  local what, amount, unit = text:match("^([a-z0-9.]+)<([0-9]+)([a-z]+)$")
  if not what or #amount > 6 then
    return nil
  end
  if what == "wait" then
    return (unit == "s" or unit == "m" or unit == "h") and text or nil
  end
  local quantile = what:match("^p([0-9]+)$") or what:match("^p([0-9]+)%.[0-9][0-9]?$")
  return quantile and #quantile <= 2 and (unit == "ms" or unit == "s") and text or nil
end

local function residency_value(text)
  local names, seen = {}, {}
  for _, name in ipairs(split(text, "+")) do
    if #name < 1 or #name > 16 or name:find("[^a-z0-9%-]") then
      return nil
    end
    if not seen[name] then
      seen[name], names[#names + 1] = true, name
    end
  end
  return #names <= 16 and names or nil
end

local CACHE_KEY = "a name; use up to 128 letters, digits and . _ : / @ + -, e.g. energy:"
local KEYS = {
  class = {
    one_of(CLASSES),
    "a class; use latency-critical, nearline, training or evaluation, e.g. energy:class=evaluation",
  },
  deadline = {
    parse_absolute,
    "a time; use ISO 8601 with offset or +30m, +12h, +3d, e.g. energy:deadline=+12h",
  },
  urgency = { urgency_value, "a whole number from 0 to 100, e.g. energy:urgency=40" },
  sensitivity = { one_of(LEVELS), "low, normal or high, e.g. energy:sensitivity=high" },
  slo = { slo_value, "an objective such as wait<10m or p99<300ms, e.g. energy:slo=wait<10m" },
  max_delay = {
    parse_duration,
    "a duration; use a whole number and s, m, h or d, at most 366d, e.g. energy:max_delay=6h",
  },
  residency = {
    residency_value,
    "a list of jurisdictions; join lower-case names by +, e.g. energy:residency=eu+ch",
  },
  model = { name_value, CACHE_KEY .. "model=llama-3-70b" },
  dataset = { name_value, CACHE_KEY .. "dataset=imagenet-1k" },
  interruptible = { one_of({ "yes", "no" }), "yes or no, e.g. energy:interruptible=yes" },
  region = { one_of(REGIONS), "primary, secondary or any, e.g. energy:region=any" },
  checkpoint = {
    parse_absolute,
    "a time; use ISO 8601 with offset, e.g. energy:checkpoint=2026-12-01T08:00:00Z",
  },
}
local KEY_NAMES = "class, deadline, urgency, sensitivity, slo, max_delay, residency, model, "
  .. "dataset, interruptible, region, checkpoint"

local function key_of(item)
  local equals = item:find("=", 1, true)
  if not equals then
    return nil
  end
  return item:sub(1, equals - 1), item:sub(equals + 1)
end

local function is_group(body)
  local key = key_of(body)
  return body == "off" or (key ~= nil and KEYS[key] ~= nil)
end

-- Each word that begins with energy:, without that, and the word after it ("" for the last one).
local function bodies(comment)
  local found, last = {}, nil
  for word in comment:gmatch(WORD) do
    if last then
      last.after, last = word, nil
    end
    if starts(word, "energy:") then
      last = { text = word:sub(8), after = "" }
      found[#found + 1] = last
    end
  end
  return found
end

local function find_group(comment)
  local group
  for _, body in ipairs(bodies(comment)) do
    if is_group(body.text) then
      if group then
        refuse("two energy: groups in one comment; keep one, " .. EXAMPLE)
      end
      group = body.text
    end
  end
  return group
end

-- A key, a class or a switch in any case stands first, or something is given a value.
local function is_almost(text)
  local word = (text:match("^[A-Za-z_-]+") or ""):lower()
  return text:find("^[a-z_]+=") ~= nil or starts(text, "off") or text == "on"
    or KEYS[word] ~= nil or contains(CLASSES, word)
end

local function fault_of(body)
  if body.text ~= "" then
    return is_almost(body.text) and not is_group(body.text) and show(body.text)
      .. " is not a tag and is ignored; it begins with off or one of " .. KEY_NAMES
  elseif body.after == "" then
    return " is an empty tag and is ignored; state what the job needs after the colon"
  elseif is_group(body.after) or body.after:find("^[a-z_]+=") then
    return " " .. show(body.after) .. " is not a tag and is ignored; "
      .. "leave out the space after energy:"
  end
  return nil
end

local function misspelt(comment)
  for _, body in ipairs(bodies(comment)) do
    local fault = fault_of(body)
    if fault then
      return GROUP .. " energy:" .. fault .. ", " .. EXAMPLE
    end
  end
  return nil
end

local function put_value(tag, key, value)
  if key == "deadline" and starts(value, "+") then
    tag.deadline, tag.deadline_relative = parse_duration(value:sub(2)), true
  else
    tag[key] = KEYS[key][1](value)
  end
  if tag[key] == nil then
    refuse(key .. "=" .. show(value) .. " is not " .. KEYS[key][2])
  end
end

local function parse_tag(raw)
  if #raw > 512 then
    refuse("a tag of more than 512 bytes is too long; shorten it, " .. EXAMPLE)
  end
  if raw == "off" then
    return { off = true, raw = raw }
  end
  local tag = { raw = raw }
  for _, item in ipairs(split(raw, ",")) do
    local key, value = key_of(item)
    if not key then
      refuse(show(item) .. " is not key=value; put commas between pairs, " .. EXAMPLE)
    elseif not KEYS[key] then
      refuse(show(key) .. " is not a key; use " .. KEY_NAMES .. ", " .. EXAMPLE)
    elseif tag[key] ~= nil then
      refuse(key .. " is given twice; give each key once, " .. EXAMPLE)
    end
    put_value(tag, key, value)
  end
  return tag
end

local function read_tag(comment, environment)
  local raw = find_group(comment)
  if not raw then
    raw = trim(environment)
    raw = starts(raw, "energy:") and raw:sub(8) or raw
  end
  return raw ~= "" and parse_tag(raw) or nil
end

-- The two files ---------------------------------------------------------------------------------

local function yes_or_no(text)
  if text == "yes" or text == "no" then
    return text == "yes" and 1 or 0
  end
  return nil
end

local function number(text)
  return whole(text, 12)
end

local function class_list(text)
  local names = decode_list(text)
  for _, name in ipairs(names or {}) do
    if not contains(CLASSES, name) then
      return nil
    end
  end
  return names
end

local MODES = { off = 0, shadow = 1, live = 2 }
local MODE = one_of({ "off", "shadow", "live" })
local SHA = function(text)
  return #text == 64 and not text:find("[^0-9a-f]") and text or nil
end

-- word = { key = { reader, required } }
local NOW_SCHEMA = {
  now = {
    cluster = { decode, true },
    mode = { MODE, true },
    issued = { number, true },
    expires = { number, true },
    cycle = { number, true },
  },
  lease = { class = { one_of(CLASSES), true }, ["until"] = { number, true } },
}
local RULES_SCHEMA = {
  site = { mode = { MODE, true }, unmeetable = { one_of({ "warn", "refuse" }), true } },
  cluster = {
    name = { decode, true },
    region = { one_of(REGIONS), true },
    jurisdictions = { decode_list },
  },
  class = {
    name = { one_of(CLASSES), true },
    defer = { yes_or_no, true },
    max_delay = { number, true },
    urgency = { number, true },
    sensitivity = { one_of(LEVELS), true },
    region = { one_of(REGIONS), true },
    interruptible = { yes_or_no, true },
  },
  rule = {
    name = { decode, true },
    class = { one_of(CLASSES), true },
    partition = { decode_list },
    qos = { decode_list },
    account = { decode_list },
    job_name = { decode_list },
    min_gpus = { number },
    max_gpus = { number },
    min_time = { number },
    max_time = { number },
  },
  limit = {
    name = { decode, true },
    partition = { decode_list },
    qos = { decode_list },
    account = { decode_list },
    classes = { class_list },
    urgency = { number },
    horizon = { number },
    residency = { decode_list },
    region = { one_of(REGIONS), true },
    excess = { one_of({ "clamp", "refuse" }), true },
  },
  digest = { sha256 = { SHA, true } },
}

local function read_record(line, schema)
  local items = split(line, " ")
  local word = items[1]
  local fields = schema[word]
  if not fields then
    return nil, show(word) .. " is no record of this file"
  end
  local record = { word = word }
  for index = 2, #items do
    local key, value = key_of(items[index])
    local field = key and fields[key]
    if not field or record[key] ~= nil then
      return nil, show(items[index]) .. " is unknown or given twice in " .. word
    end
    record[key] = field[1](value)
    if record[key] == nil then
      return nil, show(items[index]) .. " is damaged"
    end
  end
  for key, field in pairs(fields) do
    if field[2] and record[key] == nil then
      return nil, word .. " lacks " .. key
    end
  end
  return record
end

local function read_records(text, head, schema)
  local lines = split(text, "\n")
  local count = #lines
  if count < 3 or lines[1] ~= head or lines[count - 1] ~= "end" or lines[count] ~= "" then
    return nil, "it does not go from '" .. head .. "' to 'end'"
  end
  local records = {}
  for index = 2, count - 2 do
    local record, fault = read_record(lines[index], schema)
    if not record then
      return nil, fault
    end
    records[#records + 1] = record
  end
  return records
end

local function build_now(text)
  local records, fault = read_records(text, NOW_HEAD, NOW_SCHEMA)
  if not records then
    return nil, fault
  end
  local now = records[1]
  if not now or now.word ~= "now" then
    return nil, "its first record is not now"
  end
  now.leases = {}
  for index = 2, #records do
    if records[index].word ~= "lease" then
      return nil, "there are two now records"
    end
    now.leases[records[index].class] = records[index]["until"]
  end
  return now
end

local function count_keys(map)
  local count = 0
  for _ in pairs(map) do
    count = count + 1
  end
  return count
end

local function build_rules(text)
  local records, fault = read_records(text, RULES_HEAD, RULES_SCHEMA)
  if not records then
    return nil, fault
  end
  local rules = { clusters = {}, classes = {}, rules = {}, limits = {} }
  local seen = { site = 0, digest = 0 }
  for _, record in ipairs(records) do
    if record.word == "class" then
      rules.classes[record.name] = record
    elseif seen[record.word] then
      seen[record.word], rules[record.word] = seen[record.word] + 1, record
    else
      local list = rules[record.word .. "s"]
      list[#list + 1] = record
    end
  end
  local last = records[#records]
  if seen.site ~= 1 or seen.digest ~= 1 or last.word ~= "digest" then
    return nil, "it needs one site record, and one digest at its end"
  end
  if count_keys(rules.classes) ~= #CLASSES then
    return nil, "it needs one class record for each class"
  end
  return rules
end

local function read_file(path, most_bytes)
  local file, fault = io.open(path, "rb")
  if not file then
    return nil, fault
  end
  local text = file:read(most_bytes + 1) or ""
  file:close()
  if #text > most_bytes then
    return nil, path .. " is larger than " .. int(most_bytes) .. " bytes"
  end
  return text
end

-- At most once a minute for one complaint about one thing.
local function log_once(about, line)
  local now, last = M.time(), M.logged[about]
  if last and last.line == line and now - last.at < 60 then
    return
  end
  M.logged[about] = { line = line, at = now }
  slurm.log_error("%s", GROUP .. " " .. line)
end

-- There is no stat in Lua, so the file is read each time and parsed when its text has changed.
local function load_table(path, most_bytes, build)
  local text, fault = read_file(path, most_bytes)
  local cached = M.cache[path]
  if text and cached and cached.text == text then
    return cached.value
  end
  local value
  if text then
    value, fault = build(text)
    fault = fault and path .. " is unreadable: " .. fault
  end
  M.cache[path] = value and { text = text, value = value } or nil
  if not value then
    log_once(path, fault)
  end
  return value
end

local function load_now()
  return load_table(M.now_path, NOW_BYTES, build_now)
end

local function load_rules()
  return load_table(M.rules_path, RULES_BYTES, build_rules)
end

-- Classes and limits: twin of slurm_energy/decide/terms/classes.py -------------------------------------

local UNMANAGED = {
  name = "unmanaged", defer = 0, max_delay = 0, urgency = 0,
  sensitivity = "normal", region = "any", interruptible = 0,
}

-- '*' and '?' only; on a mismatch only the last star is taken up again, so no blow-up.
local function glob(pattern, name)
  local p, n, star, resume = 1, 1, nil, nil
  while n <= #name do
    local here = pattern:sub(p, p)
    if here == "*" then
      star, resume, p = p, n, p + 1
    elseif here == "?" or (here ~= "" and here == name:sub(n, n)) then
      p, n = p + 1, n + 1
    elseif star then
      resume = resume + 1
      p, n = star + 1, resume
    else
      return false
    end
  end
  return not pattern:sub(p):find("[^*]")
end

local function any_glob(patterns, name)
  for _, pattern in ipairs(patterns) do
    if glob(pattern, name) then
      return true
    end
  end
  return false
end

local function any_partition(wanted, partition)
  for _, name in ipairs(split(partition, ",")) do
    if contains(wanted, name) then
      return true
    end
  end
  return false
end

local function matches(rule, facts)
  return (not rule.partition or any_partition(rule.partition, facts.partition))
    and (not rule.qos or contains(rule.qos, facts.qos))
    and (not rule.account or contains(rule.account, facts.account))
end

local function within(value, low, high)
  if not value then
    return not high
  end
  return (not low or value >= low) and (not high or value <= high)
end

local function rule_matches(rule, facts)
  return matches(rule, facts)
    and (not rule.job_name or any_glob(rule.job_name, facts.name))
    and within(facts.gpus, rule.min_gpus, rule.max_gpus)
    and within(facts.time_limit, rule.min_time, rule.max_time)
end

local function any_of(names)
  return #names > 0 and table.concat(names, " or ") or "none: ask your administrator"
end

local function example(key, names)
  return #names > 0 and ", e.g. energy:" .. key .. "=" .. names[1] or ""
end

local function exceed(limit, told, cure, taken, lines)
  if limit.excess == "refuse" then
    refuse(told .. "; " .. cure)
  end
  lines[#lines + 1] = GROUP .. " " .. told .. "; taken as " .. taken
end

local function permitted_by_all(class, limits)
  for _, limit in ipairs(limits) do
    if limit.classes and not contains(limit.classes, class) then
      return false
    end
  end
  return true
end

local function usable_classes(limit, limits)
  local usable = {}
  for _, class in ipairs(limit.classes) do
    if permitted_by_all(class, limits) then
      usable[#usable + 1] = class
    end
  end
  return usable
end

local function class_by_rule(rules, facts)
  for _, rule in ipairs(rules.rules) do
    if rule_matches(rule, facts) then
      return rules.classes[rule.class], rule.name
    end
  end
  return UNMANAGED, "none"
end

local function grant_class(rules, tag, limits, lines, facts)
  local wanted = tag.class
  if not wanted then
    if tag.off then
      return UNMANAGED, "none"
    end
    return class_by_rule(rules, facts)
  end
  for _, limit in ipairs(limits) do
    if limit.classes and not contains(limit.classes, wanted) then
      local usable = usable_classes(limit, limits)
      local told = "class=" .. wanted .. " is not permitted by limit " .. limit.name
      if limit.excess == "refuse" or #usable == 0 then
        refuse(told .. "; use " .. any_of(usable) .. example("class", usable))
      end
      wanted = usable[1]
      lines[#lines + 1] = GROUP .. " " .. told .. "; taken as " .. wanted
    end
  end
  return rules.classes[wanted], "tag"
end

local function grant_urgency(tag, class, limits, lines)
  local urgency = tag.urgency or class.urgency
  for _, limit in ipairs(limits) do
    if limit.urgency and urgency > limit.urgency then
      if tag.urgency then
        local most = int(limit.urgency)
        exceed(limit, "urgency=" .. int(urgency) .. " is over limit " .. limit.name,
          "use at most " .. most .. ", e.g. energy:urgency=" .. most, most, lines)
      end
      urgency = limit.urgency
    end
  end
  return urgency
end

local function grant_deadline(tag, limits, submit, lines)
  if not tag.deadline then
    return nil
  end
  local deadline = tag.deadline + (tag.deadline_relative and submit or 0)
  for _, limit in ipairs(limits) do
    if limit.horizon and deadline - submit < limit.horizon then
      local soonest = "+" .. render_duration(limit.horizon)
      exceed(limit, "the deadline is sooner than limit " .. limit.name .. " allows",
        "use " .. soonest .. " or later, e.g. energy:deadline=" .. soonest, soonest, lines)
      deadline = submit + limit.horizon
    end
  end
  return deadline
end

local function grant_max_delay(tag, class, lines)
  if class.defer == 0 then
    if class ~= UNMANAGED and (tag.max_delay or 0) > 0 then
      lines[#lines + 1] = GROUP .. " max_delay=" .. render_duration(tag.max_delay)
        .. " is over class " .. class.name .. ", which is never put off; taken as 0s"
    end
    return 0
  end
  if not tag.max_delay or tag.max_delay <= class.max_delay then
    return tag.max_delay or class.max_delay
  end
  lines[#lines + 1] = GROUP .. " max_delay=" .. render_duration(tag.max_delay) .. " is over class "
    .. class.name .. "; taken as " .. render_duration(class.max_delay)
  return class.max_delay
end

local function known_jurisdictions(rules)
  local known = {}
  for _, cluster in ipairs(rules.clusters) do
    for _, name in ipairs(cluster.jurisdictions or {}) do
      if not contains(known, name) then
        known[#known + 1] = name
      end
    end
  end
  table.sort(known)
  return known
end

local function check_known(rules, residency)
  local known = known_jurisdictions(rules)
  for _, name in ipairs(residency) do
    if not contains(known, name) then
      refuse("residency=" .. name .. " is no jurisdiction of this site; use "
        .. any_of(known) .. example("residency", known))
    end
  end
end

local function intersect(names, permitted)
  local kept = {}
  for _, name in ipairs(names) do
    if contains(permitted, name) then
      kept[#kept + 1] = name
    end
  end
  return kept
end

local function grant_residency(rules, tag, limits, lines)
  local granted = tag.residency or {}
  check_known(rules, granted)
  for _, limit in ipairs(limits) do
    local kept = limit.residency and intersect(granted, limit.residency)
    if kept and #granted == 0 then
      granted = limit.residency
    elseif kept and #kept < #granted then
      local told = "residency=" .. table.concat(granted, "+") .. " is not permitted by limit "
        .. limit.name
      local cure = "use " .. any_of(limit.residency) .. example("residency", limit.residency)
      if #kept == 0 then
        refuse(told .. "; " .. cure)
      end
      exceed(limit, told, cure, table.concat(kept, "+"), lines)
      granted = kept
    end
  end
  return granted
end

local function region_of_class(tag, class)
  local asked = tag.region or "any"
  if asked == "any" then
    return class.region
  end
  if class.region ~= "any" and asked ~= class.region then
    refuse("region=" .. asked .. " is not permitted for class " .. class.name .. "; use "
      .. class.region .. ", e.g. energy:region=" .. class.region)
  end
  return asked
end

local function grant_region(tag, class, limits, lines)
  local region, fixed = region_of_class(tag, class), class.region ~= "any"
  for _, limit in ipairs(limits) do
    if limit.region ~= "any" then
      if region ~= "any" and region ~= limit.region then
        local told = "region=" .. region .. " is not permitted by limit " .. limit.name
        local cure = "use " .. limit.region .. ", e.g. energy:region=" .. limit.region
        if fixed then
          refuse(told .. "; " .. cure)
        end
        exceed(limit, told, cure, limit.region, lines)
      end
      region, fixed = limit.region, true
    end
  end
  return region
end

local function admits(cluster, contract)
  if contract.region ~= "any" and contract.region ~= cluster.region then
    return false
  end
  if #contract.residency == 0 then
    return true
  end
  local own = cluster.jurisdictions or {}
  return #own > 0 and #intersect(own, contract.residency) == #own
end

local function wish(contract)
  local words = {}
  if #contract.residency > 0 then
    words[1] = "residency=" .. table.concat(contract.residency, "+")
  end
  if contract.region ~= "any" then
    words[#words + 1] = "region=" .. contract.region
  end
  return table.concat(words, " and ")
end

local function clusters_there(rules)
  local told, cure = {}, ""
  for _, cluster in ipairs(rules.clusters) do
    local own = cluster.jurisdictions and table.concat(cluster.jurisdictions, "+")
    told[#told + 1] = cluster.name .. " (" .. cluster.region .. ", "
      .. (own or "no jurisdiction") .. ")"
    if own and cure == "" then
      cure = ", e.g. energy:residency=" .. own
    end
  end
  return "there are " .. table.concat(told, ", ") .. cure
end

local function permitted_clusters(rules, contract)
  local names = {}
  for _, cluster in ipairs(rules.clusters) do
    if admits(cluster, contract) then
      names[#names + 1] = cluster.name
    end
  end
  if #rules.clusters > 0 and #names == 0 then
    refuse(wish(contract) .. " leaves no cluster; " .. clusters_there(rules))
  end
  return names
end

local function check_deadline(rules, contract, facts, now, lines)
  local needed = facts.time_limit or 0
  if not contract.deadline or contract.deadline - math.max(now, facts.begin) >= needed then
    return
  end
  local left = math.max(0, contract.deadline - math.max(now, facts.begin))
  local line = "the deadline can't be met even if the job started at once: its time limit is "
    .. render_duration(needed) .. " and " .. render_duration(left)
    .. " are left; use a later deadline or a shorter --time"
  if rules.site.unmeetable == "refuse" then
    refuse(line)
  end
  lines[#lines + 1] = GROUP .. " " .. line
end

local function wants_action(tag)
  return tag.deadline or tag.urgency or tag.max_delay or tag.slo or tag.interruptible
    or (tag.sensitivity and tag.sensitivity ~= "normal")
end

local NOTHING = {}

-- The contract (nil: not ours) and the lines for the user; refuses by error.
local function resolve(rules, tag, facts, submit, now)
  local asked, lines, limits = tag or NOTHING, {}, {}
  for _, limit in ipairs(rules.limits) do
    if matches(limit, facts) then
      limits[#limits + 1] = limit
    end
  end
  local class, rule = grant_class(rules, asked, limits, lines, facts)
  local contract = {
    class = class.name,
    rule = rule,
    urgency = grant_urgency(asked, class, limits, lines),
    deadline = grant_deadline(asked, limits, submit, lines),
    max_delay = grant_max_delay(asked, class, lines),
    residency = grant_residency(rules, asked, limits, lines),
    region = grant_region(asked, class, limits, lines),
    sensitivity = asked.sensitivity or class.sensitivity,
    slo = asked.slo,
    model = asked.model,
    dataset = asked.dataset,
    interruptible = asked.interruptible or (class.interruptible == 1 and "yes" or "no"),
  }
  local restricted = #contract.residency > 0 or contract.region ~= "any"
  if (asked == NOTHING or asked.off) and class == UNMANAGED and not restricted then
    return nil, lines
  end
  contract.restricted = restricted
  contract.clusters = permitted_clusters(rules, contract)
  check_deadline(rules, contract, facts, now, lines)
  if class == UNMANAGED and wants_action(asked) then
    lines[#lines + 1] = GROUP .. " no class given and no site rule matches, so the job is left "
      .. "as it is; add one, " .. EXAMPLE
  end
  return contract, lines
end

-- What the job asks of Slurm ---------------------------------------------------------------------

-- Slurm marks an absent number by one of two values, by the width of the field.
local function given(value)
  if value == nil or value == NO_VAL or value == NO_VAL16 then
    return nil
  end
  return value
end

local function filled(text)
  return text ~= nil and text ~= "" and text or nil
end

local SUFFIX = { k = 1024, m = 1024 * 1024 }

-- "2", "h100:2", "h100=2", "" or "h100": how many; the type is told apart by its first character.
local function gpu_item(rest)
  local typed = rest:match("^[:=][0-9]+[kKmM]?$") == nil and rest ~= ""
  local digits, suffix = rest:match("[:=]([0-9]+)([kKmM]?)$")
  if not digits then
    return typed, 1
  end
  if #digits > 9 then
    return typed, 0
  end
  return typed, tonumber(digits, 10) * (SUFFIX[suffix:lower()] or 1)
end

-- GPUs in one TRES request. A plain count is the whole; counts by type add up only without one.
local function gpus_in(request)
  local plain, by_type, has_plain = 0, 0, false
  for _, item in ipairs(split(request or "", ",")) do
    local name = item:gsub("^gres[:/]", "")
    if name == "gpu" or name:find("^gpu[:=]") then
      local typed, count = gpu_item(name:sub(4))
      if typed then
        by_type = by_type + count
      else
        plain, has_plain = plain + count, true
      end
    end
  end
  return has_plain and plain or by_type
end

local function count_gpus(job)
  local allocated = gpus_in(job.tres_fmt_req_str)
  if allocated > 0 then
    return allocated
  end
  local nodes = math.max(1, given(job.min_nodes) or 1)
  local tasks = given(job.num_tasks) or nodes * math.max(1, given(job.ntasks_per_node) or 1)
  local sockets = math.max(1, given(job.sockets_per_node) or 1)
  return math.max(
    gpus_in(job.tres_per_job),
    gpus_in(job.tres_per_node) * nodes,
    gpus_in(job.tres_per_socket) * sockets * nodes,
    gpus_in(job.tres_per_task) * tasks
  )
end

local function default_partition(part_list)
  for name, partition in pairs(part_list or {}) do
    if partition.flag_default == 1 then
      return name
    end
  end
  return ""
end

-- Minutes that hold where the job states no limit; nil for unlimited or unknown.
local function partition_minutes(part_list, names)
  local longest = 0
  for _, name in ipairs(split(names, ",")) do
    local partition = part_list and part_list[name]
    local minutes = partition and (given(partition.default_time) or given(partition.max_time))
    if not minutes or minutes == INFINITE then
      return nil
    end
    longest = math.max(longest, minutes)
  end
  return longest
end

local function time_limit(job, part_list, partition)
  local minutes = given(job.time_limit) or partition_minutes(part_list, partition)
  if not minutes or minutes == INFINITE then
    return nil
  end
  return minutes * 60
end

local function submit_facts(job, part_list)
  local partition = filled(job.partition) or default_partition(part_list)
  return {
    partition = partition,
    qos = filled(job.qos) or filled(job.default_qos) or "",
    account = filled(job.account) or filled(job.default_account) or "",
    name = job.name or "",
    gpus = count_gpus(job),
    time_limit = time_limit(job, part_list, partition),
    begin = given(job.begin_time) or 0,
  }
end

local function modify_facts(change, record, part_list)
  local partition = filled(change.partition) or filled(record.partition) or ""
  local limit = given(change.time_limit) and change or record
  return {
    partition = partition,
    qos = filled(change.qos) or filled(record.qos) or "",
    account = filled(change.account) or filled(record.account) or "",
    name = filled(change.name) or filled(record.name) or "",
    gpus = count_gpus(record),
    time_limit = time_limit(limit, part_list, partition),
    begin = given(change.begin_time) or 0,
  }
end

-- Our group in AdminComment: twin of slurm_energy/slurm/annotation.py ---------------------------

local function pair_list()
  local pairs_ = {}
  return pairs_, function(key, value)
    if value ~= nil and value ~= "" then
      pairs_[#pairs_ + 1] = key .. "=" .. value
    end
  end
end

local function put_contract(put, contract)
  put("class", contract.class)
  put("urgency", int(contract.urgency))
  put("rule", encode(contract.rule))
  put("deadline", contract.deadline and int(contract.deadline))
  put("max_delay", int(contract.max_delay))
  put("sensitivity", contract.sensitivity ~= "normal" and contract.sensitivity or nil)
  put("slo", contract.slo and encode(contract.slo))
  put("residency", encode_list(contract.residency))
  put("region", contract.region ~= "any" and contract.region or nil)
  put("model", contract.model and encode(contract.model))
  put("dataset", contract.dataset and encode(contract.dataset))
  put("interruptible", contract.interruptible == "yes" and "yes" or nil)
end

local function render_annotation(contract, job)
  local parts, put = pair_list()
  put("v", "1")
  put_contract(put, contract)
  put("submit", int(job.submit))
  put("begin", job.begin > 0 and int(job.begin) or nil)
  put("clusters", encode_list(job.clusters))
  put("lease", job.lease > 0 and int(job.lease) or nil)
  put("tag", encode(job.tag))
  return GROUP .. table.concat(parts, ",")
end

-- Foreign text alone; unchanged where none of our groups is in it.
local function foreign(admin_comment)
  local kept, ours = {}, false
  for word in admin_comment:gmatch(WORD) do
    if starts(word, GROUP) then
      ours = true
    else
      kept[#kept + 1] = word
    end
  end
  return ours and table.concat(kept, " ") or admin_comment, ours
end

-- What modify needs of an annotation: residency, region, submit; nil where there is none.
local function read_annotation(admin_comment)
  for word in (admin_comment or ""):gmatch(WORD) do
    if starts(word, GROUP) then
      local found = { residency = {}, region = "any" }
      for _, item in ipairs(split(word:sub(#GROUP + 1), ",")) do
        local key, value = key_of(item)
        if key == "residency" then
          found.residency = decode_list(value) or {}
        elseif key == "region" and contains(REGIONS, value) then
          found.region = value
        elseif key == "submit" then
          found.submit = number(value)
        end
      end
      return found
    end
  end
  return nil
end

-- Where and when --------------------------------------------------------------------------------

local function own_cluster(table_now)
  return slurm.CLUSTER_NAME or (table_now and table_now.cluster)
end

-- A sibling is sent by its origin's slurmctld, so its sender is never its owner; root's own jobs
-- can't be told apart and are held to the stricter reading.
local function is_direct(job, submit_uid)
  return submit_uid ~= 0 and submit_uid == job.user_id
end

local function listed_clusters(text)
  if not filled(text) or text == "all" or text == "any" then
    return nil
  end
  return split(text, ",")
end

-- The clusters value to set, or nil to leave it; refuses what can't be had. A cluster that does
-- not know its own name takes no restricted job of another's.
local function place(contract, job, direct, own, all)
  if not contract.restricted or #contract.clusters == 0 then
    return nil
  end
  local wanted = listed_clusters(job.clusters)
  local usable = wanted and intersect(contract.clusters, wanted) or contract.clusters
  local here = own ~= nil and contains(usable, own)
  own = own or "this cluster"
  if #usable == 0 then
    refuse("clusters=" .. show(job.clusters) .. " is not permitted by " .. wish(contract)
      .. "; use " .. any_of(contract.clusters))
  elseif filled(job.array_inx) and not here then
    refuse("an array runs on the cluster it is submitted to, and " .. wish(contract)
      .. " does not permit " .. own .. "; submit it with --clusters=" .. usable[1])
  elseif not direct and not here then
    refuse(wish(contract) .. " does not permit " .. own .. "; submit it with --clusters="
      .. usable[1])
  end
  if not direct or filled(job.array_inx) or #usable == #(wanted or all) then
    return nil
  end
  return table.concat(usable, ",")
end

-- Every sibling shows offset 0, and a heterogeneous job has none.
local function is_het(job, direct)
  local offset = given(job.het_job_offset)
  return offset ~= nil and (direct or offset > 0)
end

-- Slurm refuses a job whose begin time would make it miss its own --deadline. That option is not
-- shown to us; where the script itself states it, we can see it.
local function states_deadline(script)
  local at = 0
  repeat
    at = script:find("--deadline", at + 1, true)
    if at and script:sub(math.max(1, at - 200), at):find("#SBATCH[^\n]*$") then
      return true
    end
  until not at
  return false
end

local function may_defer(contract, job, facts, tag, batch, direct)
  return contract.max_delay > 0
    and (facts.time_limit ~= nil or (tag ~= nil and tag.max_delay ~= nil))
    and batch
    and not job.cron_job
    and (given(job.immediate) or 0) == 0
    and not filled(job.reservation)
    and not filled(job.dependency)
    and given(job.priority) == nil -- 0 is a hold, anything else froze the order
    and not is_het(job, direct)
    and not states_deadline(job.script)
end

-- Seconds of queue wait that an objective such as wait<10m permits; nil for any other.
local function wait_objective(slo)
  return slo and starts(slo, "wait<") and parse_duration(slo:sub(6)) or nil
end

-- The promise at submit: deadline minus time limit, max_delay and the wait that the SLO permits;
-- nil where it can't be known.
local function latest_start(contract, facts, submit)
  local longest = math.min(contract.max_delay, wait_objective(contract.slo) or contract.max_delay)
  local latest = math.max(submit, facts.begin) + longest
  if contract.deadline then
    if not facts.time_limit then
      return nil
    end
    latest = math.min(latest, contract.deadline - facts.time_limit)
  end
  return latest
end

local function is_fresh(table_now, now)
  return table_now ~= nil
    and now < table_now.expires
    and table_now.issued <= now + 60
    and table_now.expires - table_now.issued <= LONGEST_TABLE
    and (slurm.CLUSTER_NAME == nil or table_now.cluster == slurm.CLUSTER_NAME)
end

local function lease_until(table_now, contract, latest, now, begin)
  local class_until = table_now.leases[contract.class]
  if not class_until then
    return 0
  end
  local longest = now + math.min(2 * table_now.cycle, LONGEST_LEASE)
  local lease = math.min(longest, class_until, latest)
  return lease > math.max(now, begin) and lease or 0
end

local function clock_text(at, now)
  local far = at - now > 6 * DAY
  return os.date(far and "%a %Y-%m-%d %H:%M" or "%a %H:%M", at)
end

-- ", deadline Tue 15:20, slo wait<10m": what we keep to; empty where neither was asked for.
local function objectives_text(contract, now)
  local deadline, slo = contract.deadline, contract.slo
  return (deadline and ", deadline " .. clock_text(deadline, now) or "")
    .. (slo and ", slo " .. slo or "")
end

-- Submit ----------------------------------------------------------------------------------------

local function tell(line)
  slurm.log_user("%s", line)
end

-- Slurm has no environment of srun and salloc, and logs each question for it.
local function environment_tag(job, batch)
  if not batch then
    return ""
  end
  local environment = job.environment
  return environment and environment.SLURM_ENERGY or ""
end

-- Without rules nobody knows which cluster a residency permits: the job stays where it is, and a
-- destination takes none.
local function fence(job, submit_uid)
  local text = (job.comment or "") .. " " .. environment_tag(job, filled(job.script) ~= nil)
  if not text:find("residency=", 1, true) then
    return slurm.SUCCESS
  end
  local own = own_cluster(M.cache[M.now_path] and M.cache[M.now_path].value)
  if not is_direct(job, submit_uid) then
    tell(GROUP .. " residency can't be checked on this cluster now, so the job is not taken here")
    return slurm.ERROR
  end
  if own and not filled(job.array_inx) then
    job.clusters = own
  end
  return slurm.SUCCESS
end

local function lower(ceiling, table_now)
  if table_now and MODES[table_now.mode] < MODES[ceiling] then
    return table_now.mode
  end
  return ceiling
end

-- What a live cluster will do with the job, in one line; nil where there is nothing to tell.
local function outlook(contract, latest, deferrable, earliest, now)
  local asked = objectives_text(contract, now)
  if deferrable and latest > earliest + 60 then
    return GROUP .. " " .. contract.class .. ", may wait until " .. clock_text(latest, now)
      .. asked .. "; energy:off to opt out"
  elseif contract.class ~= UNMANAGED.name and contract.max_delay == 0 and asked ~= "" then
    return GROUP .. " " .. contract.class .. ", never put off" .. asked
  end
  return nil
end

-- Everything that can go wrong happens here, before a field of the job is touched.
local function judge(job, part_list, rules, table_now, now, direct, live)
  local comment = job.comment or ""
  local batch = filled(job.script) ~= nil
  local tag = read_tag(comment, environment_tag(job, batch))
  local facts = submit_facts(job, part_list)
  local contract, lines = resolve(rules, tag, facts, now, now)
  local verdict = { lines = lines, lease = 0 }
  lines[#lines + 1] = misspelt(comment)
  if not contract then
    return verdict
  end
  local place_at = place(contract, job, direct, own_cluster(table_now), rules.clusters)
  local latest = latest_start(contract, facts, now)
  if live then
    verdict.clusters = place_at
    local deferrable = latest and is_fresh(table_now, now)
      and may_defer(contract, job, facts, tag, batch, direct)
    if deferrable then
      verdict.lease = lease_until(table_now, contract, latest, now, facts.begin)
    end
    lines[#lines + 1] = outlook(contract, latest, deferrable, math.max(now, facts.begin), now)
  end
  verdict.annotation = render_annotation(contract, {
    submit = now,
    begin = facts.begin,
    clusters = listed_clusters(job.clusters) or {},
    lease = verdict.lease,
    tag = tag and tag.raw or "",
  })
  return verdict
end

-- Only we write our group: one that came with the job is forged, in every mode.
local function disarm(job)
  local kept, forged = foreign(job.admin_comment or "")
  if forged then
    job.admin_comment = kept
  end
end

local function carry_out(job, verdict)
  if verdict.annotation then
    local kept = filled(job.admin_comment)
    job.admin_comment = (kept and kept .. " " or "") .. verdict.annotation
  end
  if verdict.lease > 0 then
    job.begin_time = verdict.lease
  end
  if verdict.clusters and verdict.clusters ~= job.clusters then
    job.clusters = verdict.clusters
  end
  for _, line in ipairs(verdict.lines) do
    tell(line)
  end
end

-- What to return for an error out of pcall: a refusal is told, a fault of ours is raised again.
local function answer(fault, live)
  if type(fault) ~= "table" then
    error(fault, 0)
  end
  if live then
    tell(fault.line)
    return slurm.ERROR
  end
  tell(fault.line .. " (shadow mode: accepted all the same)")
  return slurm.SUCCESS
end

local function submit(job, part_list, submit_uid)
  disarm(job)
  local table_now = load_now()
  if table_now and table_now.mode == "off" then
    return slurm.SUCCESS
  end
  local rules = load_rules()
  if not rules then
    local shadow = table_now and table_now.mode == "shadow"
    return shadow and slurm.SUCCESS or fence(job, submit_uid)
  end
  local mode = lower(rules.site.mode, table_now)
  if mode == "off" then
    return slurm.SUCCESS
  end
  local live, direct = mode == "live", is_direct(job, submit_uid)
  local fine, verdict = pcall(judge, job, part_list, rules, table_now, M.time(), direct, live)
  if not fine then
    return answer(verdict, live)
  end
  carry_out(job, verdict)
  return slurm.SUCCESS
end

function slurm_job_submit(job_desc, part_list, submit_uid)
  local fine, code = pcall(submit, job_desc, part_list, submit_uid)
  if fine then
    return code
  end
  pcall(log_once, "submit", "fault in job_submit.lua, job let through: " .. tostring(code))
  fine, code = pcall(fence, job_desc, submit_uid)
  return fine and code or slurm.SUCCESS
end

-- Modify ----------------------------------------------------------------------------------------

-- A running job that tells how far it is asks for nothing: what was agreed stays.
local function states_only_a_checkpoint(tag)
  for key in pairs(tag) do
    if key ~= "checkpoint" and key ~= "raw" then
      return false
    end
  end
  return tag.checkpoint ~= nil
end

-- The tag in the comment wins; a tag from SLURM_ENERGY or a limit is known by the annotation.
local function standing_contract(rules, change, record, facts)
  local annotation, now = read_annotation(record.admin_comment), M.time()
  local submitted = annotation and annotation.submit or given(record.submit_time) or now
  if change.comment then
    local tag = read_tag(change.comment, "")
    if tag and not states_only_a_checkpoint(tag) then
      return resolve(rules, tag, facts, submitted, now)
    end
  else
    -- A move is no occasion to judge an old tag or a deadline that has come near.
    local fine, tag = pcall(read_tag, record.comment or "", "")
    local again, contract = pcall(resolve, rules, fine and tag or nil, facts, submitted, submitted)
    if fine and tag and again and not states_only_a_checkpoint(tag) then
      return contract, {}
    end
  end
  if not annotation then
    return nil, {}
  end
  annotation.restricted = #annotation.residency > 0 or annotation.region ~= "any"
  annotation.clusters = permitted_clusters(rules, annotation)
  return annotation, {}
end

local function check_move(contract, wanted, record, own)
  local home = filled(record.origin_cluster) or own
  local array = (given(record.array_job_id) or 0) > 0
  for _, name in ipairs(wanted) do
    if array and home and name ~= home then
      refuse("an array runs only on its own cluster " .. home .. "; submit it again with "
        .. "--clusters=" .. show(name))
    elseif contract.restricted and not contains(contract.clusters, name) then
      refuse("clusters=" .. show(name) .. " is not permitted by " .. wish(contract) .. "; use "
        .. any_of(contract.clusters))
    end
  end
end

local function every_cluster(rules)
  local names = {}
  for _, cluster in ipairs(rules.clusters) do
    names[#names + 1] = cluster.name
  end
  return names
end

local function review(change, record, part_list, rules, own)
  local facts = modify_facts(change, record, part_list)
  local contract, lines = standing_contract(rules, change, record, facts)
  if contract and change.clusters ~= nil then
    local array = (given(record.array_job_id) or 0) > 0
    local wanted = listed_clusters(change.clusters)
    -- An emptied list opens the job to all clusters; an array stays on its own even then.
    check_move(contract, wanted or (array and {} or every_cluster(rules)), record, own)
  end
  if not change.comment then
    return {}
  end
  lines[#lines + 1] = misspelt(change.comment)
  return lines
end

-- Without rules a job with a residency may only go where it already belongs.
local function modify_fence(change, record, own)
  local annotation = read_annotation(record.admin_comment)
  local tagged = (change.comment or record.comment or ""):find("residency=", 1, true)
  local bound = tagged or (annotation and #annotation.residency > 0)
  if not bound or change.clusters == nil or change.clusters == own then
    return slurm.SUCCESS
  end
  tell(GROUP .. " residency can't be checked now; try again, or leave the job where it is")
  return slurm.ERROR
end

local function modify(change, record, part_list)
  if change.comment == nil and change.clusters == nil then
    return slurm.SUCCESS
  end
  local table_now = load_now()
  if table_now and table_now.mode == "off" then
    return slurm.SUCCESS
  end
  local rules, own = load_rules(), own_cluster(table_now)
  if not rules then
    return modify_fence(change, record, own)
  end
  local mode = lower(rules.site.mode, table_now)
  if mode == "off" then
    return slurm.SUCCESS
  end
  local fine, lines = pcall(review, change, record, part_list, rules, own)
  if not fine then
    return answer(lines, mode == "live")
  end
  for _, line in ipairs(lines) do
    tell(line)
  end
  return slurm.SUCCESS
end

-- Never writes a field: a refusal must leave the job as it was.
function slurm_job_modify(job_desc, job_rec, part_list, modify_uid)
  local fine, code = pcall(modify, job_desc, job_rec, part_list, modify_uid)
  if fine then
    return code
  end
  pcall(log_once, "modify", "fault in job_submit.lua, change let through: " .. tostring(code))
  return slurm.SUCCESS
end

M.read_tag, M.misspelt, M.resolve, M.count_gpus = read_tag, misspelt, resolve, count_gpus
M.build_rules, M.build_now, M.glob, M.put_contract = build_rules, build_now, glob, put_contract
M.pair_list = pair_list

return slurm.SUCCESS
