"""What is done inside Redis: one Lua script for each step, atomic in its shard. Needs Redis 6.2 or Valkey.

The keys of shard ``s`` begin with ``{sg:s}:`` so that one cluster node holds them all. There is a stream for each kind
of item (``sample``, ``rows``, ``feedback``), one for each group's replayed items (``again:GROUP``), and one for its
dead letters (``dead:GROUP``).

The id of an entry is ``END-N``: END counts the bytes of all that the stream ever held, this entry included, and N its
entries. So bytes and backlog come from two ids without any counter that could disagree with the stream; ids grow
whatever the server's clock does; a stream that was lost begins beyond the old one (at the microseconds of the time).

A claim is an entry of the group's pending list. Its lease is written as idle time: it ends when the idle time reaches
one day (``BASE``), so leases of different lengths live in one list. Groups from which an unfinished sample is taken
find its id in ``trimmed:GROUP``; how many of those were forgotten stands in ``untold``.

Fields: ``i`` id, ``p`` payload, ``t`` published (Unix s); of letters and replayed items
also ``k`` kind; of letters ``r`` reason, ``d`` deliveries, ``b`` buried (Unix s).
"""

from __future__ import annotations

import hashlib


class Script:
    """A script and the name by which a server that has seen it knows it."""

    def __init__(self, body: str) -> None:
        self.body = _COMMON + body
        self.sha = hashlib.sha1(self.body.encode(), usedforsecurity=False).hexdigest()


_COMMON = """
local BASE = 86400000
-- The END of the cursor of a group that was taken over: beyond every entry.
local CLOSED = 9007199254740991
local function first_part(id) return tonumber(string.match(id, '^%d+')) end
local function second_part(id) return tonumber(string.match(id, '%d+$')) end
local function prefix() return string.match(KEYS[1], '^{[^}]*}:') end
local function size(payload) return math.max(1, #payload) end

local function fields(entry)
  local found = {}
  for n = 1, #entry[2], 2 do found[entry[2][n]] = entry[2][n + 1] end
  return found
end

local function pairs_of(list)
  local found = {}
  for n = 1, #list, 2 do found[list[n]] = list[n + 1] end
  return found
end

local function stream(key)
  local said = redis.pcall('XINFO', 'STREAM', key)
  if said.err then return nil end
  return pairs_of(said)
end

local function tail(key)
  local info = stream(key)
  if info and info['last-generated-id'] ~= '0-0' then
    return first_part(info['last-generated-id']), second_part(info['last-generated-id'])
  end
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2]), 0
end

local function held(key)
  local info = stream(key)
  if not info or info['length'] == 0 then return 0, 0 end
  local first, last = info['first-entry'], first_part(info['last-generated-id'])
  return last - first_part(first[1]) + size(fields(first)['p']), last
end

-- ``values``: the fields of an entry, payload second. Only this changes a tail, so each is looked up once a script.
local tails = {}
local function append(key, values)
  local at = tails[key] or {tail(key)}
  local after = {at[1] + size(values[4]), at[2] + 1}
  redis.call('XADD', key, string.format('%.0f-%.0f', after[1], after[2]), unpack(values))
  tails[key] = after
end

-- A copy of an entry that one group sees alone, as if it were replayed to it.
local function hand(group, entry, kind)
  local values, key = fields(entry), prefix() .. 'again:' .. group
  local made = redis.pcall('XGROUP', 'CREATE', key, group, '0', 'MKSTREAM')
  if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
  append(key, {'i', values['i'], 'p', values['p'], 't', values['t'], 'k', values['k'] or kind})
end

local function groups(key)
  local said, found = redis.pcall('XINFO', 'GROUPS', key), {}
  if said.err then return found end
  for n = 1, #said do
    local group = pairs_of(said[n])
    found[n] = {name = group['name'], pending = group['pending'], cursor = group['last-delivered-id']}
  end
  return found
end

-- Of ids that a group never asks for the oldest are forgotten, and counted.
local function bound_trimmed(group)
  local list = prefix() .. 'trimmed:' .. group
  local over = redis.call('LLEN', list) - 1000000
  if over > 0 then
    redis.call('LTRIM', list, over, -1)
    redis.call('HINCRBY', prefix() .. 'untold', group, over)
  end
end

-- Each group that has not finished one of the entries loses its claim and is told of the sample.
local function take_from_groups(key, entries)
  local samples = key == prefix() .. 'sample'
  for _, group in ipairs(groups(key)) do
    local list = prefix() .. 'trimmed:' .. group.name
    local told = false
    for _, entry in ipairs(entries) do
      local missed = first_part(entry[1]) > first_part(group.cursor)
      if not missed and group.pending > 0 and #redis.call('XPENDING', key, group.name, entry[1], entry[1], 1) > 0 then
        redis.call('XACK', key, group.name, entry[1])
        missed = true
      end
      if missed and samples then
        redis.call('RPUSH', list, fields(entry)['i'])
        told = true
      end
    end
    if told then bound_trimmed(group.name) end
  end
end

local function trim_below(key, offset)
  return redis.call('XTRIM', key, 'MINID', string.format('%.0f-0', offset))
end

local function remove_through(key, offset)
  while true do
    local entries = redis.call('XRANGE', key, '-', string.format('%.0f', offset), 'COUNT', 100)
    if #entries == 0 then return end
    take_from_groups(key, entries)
    trim_below(key, first_part(entries[#entries][1]) + 1)
  end
end

-- Entries that every group has finished with go.
local function collect(key)
  local low = nil
  for _, group in ipairs(groups(key)) do
    local through = first_part(group.cursor)
    if group.pending > 0 then through = first_part(redis.call('XPENDING', key, group.name)[2]) - 1 end
    if low == nil or through < low then low = through end
  end
  if low then trim_below(key, low + 1) end
end

-- The full id and deliveries of a claim that is still the owner's, else nothing.
local function claim_of(key, group, offset, owner)
  local found = redis.pcall('XPENDING', key, group, offset, offset, 1, owner)
  if found.err or #found == 0 then return nil end
  return found[1][1], found[1][4]
end

local function lease_idle(milliseconds)
  return math.max(0, BASE - math.max(1, tonumber(milliseconds)))
end
"""

#: KEYS: the three streams, this and the last period's ids. ARGV: now, byte bound, seconds that ids are remembered, then
#: stream, id and payload of each item.
PUBLISH = Script("""
for n = 4, #ARGV, 3 do
  local key, id = KEYS[tonumber(ARGV[n])], ARGV[n + 1]
  if redis.call('SISMEMBER', KEYS[4], id) == 0 and redis.call('SISMEMBER', KEYS[5], id) == 0 then
    append(key, {'i', id, 'p', ARGV[n + 2], 't', ARGV[1]})
    redis.call('SADD', KEYS[4], id)
  end
end
redis.call('EXPIRE', KEYS[4], ARGV[3])
for _ = 1, 3 do
  local total, most, largest, last = 0, 0, nil, 0
  for n = 1, 3 do
    local bytes, tip = held(KEYS[n])
    total = total + bytes
    if bytes > most then most, largest, last = bytes, KEYS[n], tip end
  end
  local excess = total - tonumber(ARGV[2])
  if excess <= 0 then break end
  local from = string.format('%.0f', last - math.max(0, most - excess))
  local cut = redis.call('XRANGE', largest, from, '+', 'COUNT', 1)
  remove_through(largest, #cut > 0 and first_part(cut[1][1]) or last)
end
return 1
""")

#: KEYS: the three streams, the set of group names. ARGV: group and number of a stream that it reads, any number of
#: times. All at once: what the groups that are there have finished with is deleted, whoever is still to come.
ENSURE = Script("""
for n = 1, #ARGV, 2 do
  local made = redis.pcall('XGROUP', 'CREATE', KEYS[tonumber(ARGV[n + 1])], ARGV[n], '0', 'MKSTREAM')
  if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
  redis.call('SADD', KEYS[#KEYS], ARGV[n])
end
return 1
""")

#: KEYS: streams to read, the group's clock. ARGV: group, owner, limit, lease (ms), whether the group should be there,
#: most bytes. Returns stream, entry's id, id, payload, published, kind and deliveries of each; 0 where a group that
#: should be there is not.
CLAIM = Script("""
local group, owner, left, most = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[6])
local idle, found, streams = lease_idle(ARGV[4]), {}, {}
local function give(n, entry, deliveries)
  local values = fields(entry)
  found[#found + 1] = {n, entry[1], values['i'], values['p'], values['t'], values['k'] or '', deliveries}
  left, most = left - 1, most - #values['p']
end
local clock = KEYS[#KEYS]
for n = 1, #KEYS - 1 do
  local there = redis.pcall('XPENDING', KEYS[n], group)
  if there.err and ARGV[5] == '1' and n > 1 and string.find(there.err, 'NOGROUP', 1, true) then return 0 end
  if not there.err then streams[#streams + 1] = n end
end
-- A server's clock that was set back would let the leases of the dead run for as long: they are written anew.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local before = tonumber(redis.call('GET', clock) or now)
if now < before - 1000 then
  for _, n in ipairs(streams) do
    for _, claim in ipairs(redis.call('XPENDING', KEYS[n], group, '-', '+', 10000)) do
      redis.call('XCLAIM', KEYS[n], group, claim[2], 0, claim[1], 'IDLE', idle, 'JUSTID')
    end
  end
end
if now < before - 1000 or now >= before + 500 or now == before then
  redis.pcall('SET', clock, now, 'EX', 7776000)
end
for _, n in ipairs(streams) do
  local key = KEYS[n]
  while left > 0 and most > 0 do
    local lost = redis.call('XPENDING', key, group, 'IDLE', BASE, '-', '+', math.min(left, 16))
    if #lost == 0 then break end
    for _, claim in ipairs(lost) do
      local entries = redis.call('XCLAIM', key, group, owner, 0, claim[1], 'IDLE', idle)
      if entries[1] then
        give(n, entries[1], claim[4] + 1)
      else
        -- Somebody else deleted it from the stream; its own id is lost with it.
        redis.call('XACK', key, group, claim[1])
        if key == prefix() .. 'sample' then
          redis.pcall('RPUSH', prefix() .. 'trimmed:' .. group, 'lost:' .. claim[1])
        end
      end
    end
  end
  while left > 0 and most > 0 do
    local read = redis.call('XREADGROUP', 'GROUP', group, owner, 'COUNT', math.min(left, 16), 'STREAMS', key, '>')
    if not read or #read == 0 then break end
    local ids = {}
    for _, entry in ipairs(read[1][2]) do
      ids[#ids + 1] = entry[1]
      give(n, entry, 1)
    end
    local leased = {'XCLAIM', key, group, owner, 0}
    for _, id in ipairs(ids) do leased[#leased + 1] = id end
    for _, word in ipairs({'IDLE', idle, 'JUSTID'}) do leased[#leased + 1] = word end
    redis.call(unpack(leased))
  end
end
return found
""")

#: KEYS: streams. ARGV: group, owner, lease (ms), then stream and offset of each claim.
RENEW = Script("""
for n = 4, #ARGV, 2 do
  local key = KEYS[tonumber(ARGV[n])]
  local id = claim_of(key, ARGV[1], ARGV[n + 1], ARGV[2])
  if id then redis.call('XCLAIM', key, ARGV[1], ARGV[2], 0, id, 'IDLE', lease_idle(ARGV[3]), 'JUSTID') end
end
return 1
""")

#: KEYS: streams. ARGV: group, owner, then stream and offset of each claim.
ACKNOWLEDGE = Script("""
local touched = {}
for n = 3, #ARGV, 2 do
  local key = KEYS[tonumber(ARGV[n])]
  local id = claim_of(key, ARGV[1], ARGV[n + 1], ARGV[2])
  if id then
    redis.call('XACK', key, ARGV[1], id)
    touched[key] = true
  end
end
for key in pairs(touched) do collect(key) end
return 1
""")

#: KEYS: streams, the group's letters, what the bound dropped. ARGV: group, owner, reason, now, byte bound, kind of each
#: stream, then stream and offset of each claim.
BURY = Script("""
local letters, dropped = KEYS[#KEYS - 1], KEYS[#KEYS]
local kinds, touched = #KEYS - 2, {}
for n = 6 + kinds, #ARGV, 2 do
  local index = tonumber(ARGV[n])
  local key = KEYS[index]
  local id, deliveries = claim_of(key, ARGV[1], ARGV[n + 1], ARGV[2])
  local entry = id and redis.call('XRANGE', key, id, id)[1]
  if entry then
    local values = fields(entry)
    append(letters, {'i', values['i'], 'p', values['p'], 't', values['t'], 'k', values['k'] or ARGV[5 + index],
      'r', ARGV[3], 'd', deliveries, 'b', ARGV[4]})
  end
  if id then
    redis.call('XACK', key, ARGV[1], id)
    touched[key] = true
  end
end
for key in pairs(touched) do collect(key) end
local bytes, last = held(letters)
if bytes > tonumber(ARGV[5]) then
  local cut = redis.call('XRANGE', letters, string.format('%.0f', last - tonumber(ARGV[5])), '+', 'COUNT', 1)
  redis.call('HINCRBY', dropped, ARGV[1], trim_below(letters, first_part(cut[1][1]) + 1))
end
return 1
""")

#: KEYS: streams. ARGV: group. Returns the depth and when the oldest was published (empty: none).
BACKLOG = Script("""
local depth, oldest = 0, nil
local function look(entry)
  local at = entry and tonumber(fields(entry)['t'])
  if at and (oldest == nil or at < oldest) then oldest = at end
end
for _, key in ipairs(KEYS) do
  local info = stream(key)
  for _, group in ipairs(groups(key)) do
    if group.name == ARGV[1] and info then
      local unread = second_part(info['last-generated-id']) - second_part(group.cursor)
      if first_part(group.cursor) >= CLOSED then unread = 0 end
      depth = depth + group.pending + math.max(0, math.min(info['length'], unread))
      if group.pending > 0 then
        local id = redis.call('XPENDING', key, group.name)[2]
        look(redis.call('XRANGE', key, id, '+', 'COUNT', 1)[1])
      end
      look(redis.call('XRANGE', key, '(' .. group.cursor, '+', 'COUNT', 1)[1])
    end
  end
end
return {depth, oldest and string.format('%.3f', oldest) or ''}
""")

#: KEYS: the three streams, the set of group names. Returns the bytes held.
FILL = Script("""
local total = 0
for n = 1, #KEYS - 1 do total = total + held(KEYS[n]) end
for _, name in ipairs(redis.call('SMEMBERS', KEYS[#KEYS])) do total = total + held(prefix() .. 'again:' .. name) end
return total
""")

#: KEYS: the group's list. Returns its ids, which are then gone.
TAKE_TRIMMED = Script("""
local ids = redis.call('LRANGE', KEYS[1], 0, 9999)
redis.call('LTRIM', KEYS[1], #ids, -1)
return ids
""")
