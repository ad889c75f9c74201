"""Maintenance in Redis: replay, retention and deletion, one page at a time. Keys and fields: see ``scripts.py``."""

from __future__ import annotations

from proxy.queue.scripts import Script

#: KEYS: the group's letters, its replayed items. ARGV: group, id to go on from, whether all, then ids.
#: Returns the id to go on from (empty: the end) and how many were replayed.
REPLAY = Script("""
local wanted, count = {}, 0
for n = 4, #ARGV do wanted[ARGV[n]] = true end
local made = redis.pcall('XGROUP', 'CREATE', KEYS[2], ARGV[1], '0', 'MKSTREAM')
if made.err and not string.find(made.err, 'BUSYGROUP', 1, true) then return made end
local entries = redis.call('XRANGE', KEYS[1], ARGV[2], '+', 'COUNT', 20)
for _, entry in ipairs(entries) do
  local values = fields(entry)
  if ARGV[3] == '1' or wanted[values['i']] then
    append(KEYS[2], {'i', values['i'], 'p', values['p'], 't', values['t'], 'k', values['k']})
    redis.call('XDEL', KEYS[1], entry[1])
    count = count + 1
  end
end
return {#entries > 0 and '(' .. entries[#entries][1] or '', count}
""")

#: KEYS: one stream. ARGV: the field of its age, the moment, milliseconds after which a group is abandoned. Removes a
#: page of what is older; returns how many.
EXPIRE = Script("""
local function abandon(key, group)
  local list, from = prefix() .. 'trimmed:' .. group.name, '(' .. group.cursor
  if group.pending > 0 then from = redis.call('XPENDING', key, group.name)[2] end
  while key == prefix() .. 'sample' do
    local entries = redis.call('XRANGE', key, from, '+', 'COUNT', 100)
    if #entries == 0 then break end
    for _, entry in ipairs(entries) do
      if first_part(entry[1]) > first_part(group.cursor)
        or #redis.call('XPENDING', key, group.name, entry[1], entry[1], 1) > 0 then
        redis.call('RPUSH', list, fields(entry)['i'])
      end
    end
    from = '(' .. entries[#entries][1]
  end
  bound_trimmed(group.name)
  redis.call('XGROUP', 'DESTROY', key, group.name)
  collect(key)
end
local entries, old = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 50), {}
for _, entry in ipairs(entries) do
  if tonumber(fields(entry)[ARGV[1]]) >= tonumber(ARGV[2]) then break end
  old[#old + 1] = entry
end
if #old > 0 then
  take_from_groups(KEYS[1], old)
  trim_below(KEYS[1], first_part(old[#old][1]) + 1)
end
for _, group in ipairs(groups(KEYS[1])) do
  for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], group.name)) do
    local consumer = pairs_of(row)
    if consumer['pending'] == 0 and consumer['idle'] > BASE then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[1], group.name, consumer['name'])
    end
  end
  local claimed = redis.call('GET', prefix() .. 'clock:' .. group.name)
  if claimed and tonumber(redis.call('TIME')[1]) * 1000 - tonumber(claimed) > tonumber(ARGV[3]) then
    abandon(KEYS[1], group)
  end
end
return #old
""")

#: KEYS: one stream. ARGV: id to go on from, 'ids' or 'mark' or 'rows', then ids, or bytes to look for.
#: Removes matches of a page, or for 'rows' returns them. Returns the id to go on from, how many, and the rows' entries.
SWEEP = Script("""
local wanted, gone, rows = {}, {}, {}
for n = 3, #ARGV do wanted[ARGV[n]] = true end
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', 50)
for _, entry in ipairs(entries) do
  local values = fields(entry)
  if ARGV[2] == 'ids' and wanted[values['i']] or ARGV[2] ~= 'ids' and string.find(values['p'], ARGV[3], 1, true) then
    if ARGV[2] == 'rows' then
      rows[#rows + 1] = {entry[1], values['i'], values['p'], values['t']}
    else
      gone[#gone + 1] = entry
    end
  end
end
take_from_groups(KEYS[1], gone)
for _, entry in ipairs(gone) do redis.call('XDEL', KEYS[1], entry[1]) end
return {#entries > 0 and '(' .. entries[#entries][1] or '', #gone, rows}
""")

#: KEYS: one stream. ARGV: entry's id, item's id, new payload, published. The entry comes again with the new payload.
REPLACE = Script("""
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])
if #entries == 0 then return 0 end
append(KEYS[1], {'i', ARGV[2], 'p', ARGV[3], 't', ARGV[4]})
take_from_groups(KEYS[1], entries)
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
""")

#: KEYS: the samples' stream, the set of group names, where the others stand. ARGV: the group that takes over, then the
#: others. A group's place is the END of its cursor. Returns the others and their places, one after the other.
TAKE_OVER = Script("""
local key, names, places = KEYS[1], KEYS[2], KEYS[3]
local taker, mine, theirs = ARGV[1], nil, {}
for _, group in ipairs(groups(key)) do
  if group.name == taker then mine = group else theirs[group.name] = group end
end
if not mine then redis.call('DEL', places) end
local new, begin = {}, nil
for n = 2, #ARGV do
  local name = ARGV[n]
  if redis.call('HEXISTS', places, name) == 0 then
    local group = theirs[name]
    if group and first_part(group.cursor) >= CLOSED then group = nil end
    new[#new + 1] = {name, group and group.cursor}
    if group and (not begin or first_part(group.cursor) < first_part(begin)) then begin = group.cursor end
  end
end
if mine then begin = mine.cursor end
begin = begin or '0-0'
if not mine then
  local made = redis.pcall('XGROUP', 'CREATE', key, taker, begin, 'MKSTREAM')
  if made.err then return made end
  redis.call('SADD', names, taker)
end
for _, other in ipairs(new) do
  local name, own = other[1], other[2] or begin
  if first_part(own) < first_part(begin) then
    local from = '(' .. own
    while true do
      local entries = redis.call('XRANGE', key, from, begin, 'COUNT', 100)
      if #entries == 0 then break end
      for _, entry in ipairs(entries) do hand(name, entry, 'sample') end
      from = '(' .. entries[#entries][1]
    end
  end
  if theirs[name] then
    redis.call('XGROUP', 'SETID', key, name, string.format('%.0f-0', CLOSED))
  else
    redis.call('XGROUP', 'CREATE', key, name, string.format('%.0f-0', CLOSED))
  end
  redis.call('SADD', names, name)
  redis.call('HSET', places, name, own)
end
return redis.call('HGETALL', places)
""")

#: KEYS: the samples' stream, where the others stand. ARGV: the group that took over. Returns 1 when they have it back.
GIVE_BACK = Script("""
local mine, known = nil, {}
for _, group in ipairs(groups(KEYS[1])) do
  known[group.name] = true
  if group.name == ARGV[1] then mine = group end
end
if not mine then return 1 end
if mine.pending > 0 then return 0 end
for name, own in pairs(pairs_of(redis.call('HGETALL', KEYS[2]))) do
  local at = mine.cursor
  if first_part(own) > first_part(at) then at = own end
  if known[name] then redis.call('XGROUP', 'SETID', KEYS[1], name, at) end
end
redis.call('XGROUP', 'DESTROY', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
return 1
""")

#: KEYS: the three streams and the group's replayed items. ARGV: group, owner, number of the others, the others, the
#: kinds of the streams, then stream and offset of each claim.
HAND_OVER = Script("""
local count = tonumber(ARGV[3])
for n = 4 + count + #KEYS, #ARGV, 2 do
  local index = tonumber(ARGV[n])
  local id = claim_of(KEYS[index], ARGV[1], ARGV[n + 1], ARGV[2])
  local entry = id and redis.call('XRANGE', KEYS[index], id, id)[1]
  if entry then
    for at = 4, 3 + count do hand(ARGV[at], entry, ARGV[3 + count + index]) end
  end
end
return 1
""")
