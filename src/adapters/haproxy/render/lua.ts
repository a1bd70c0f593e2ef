/**
 * Bounds bodies while they stream: a body without Content-Length cannot be judged beforehand, and the rules of
 * HAProxy 2.6 see only the first buffer of it. The cap comes from `txn.cap` (bytes). A body that after twenty
 * seconds has come slower than 500 bytes a second on average is cut as well.
 */
export const BODY_LUA = `local Cap = { id = "body_cap", flags = filter.FLT_CFG_FL_HTX }
Cap.__index = Cap

function Cap.new(self)
  return setmetatable({ seen = 0 }, Cap)
end

function Cap.start_analyze(self, txn, channel)
  if channel:is_resp() then return end
  self.since = core.now().sec
  filter.register_data_filter(self, channel)
end

function Cap.http_headers(self, txn, message)
  if message.channel:is_resp() then return end
  self.cap = txn:get_var("txn.cap")
  if not self.cap then filter.unregister_data_filter(self, message.channel) end
end

function Cap.http_payload(self, txn, message)
  if not self.cap or message.channel:is_resp() then return end
  self.seen = self.seen + message:input()
  if self.seen > self.cap then
    txn:set_var("txn.cut", 413)
    return filter.ERROR
  end
  local seconds = core.now().sec - self.since
  if seconds > 20 and self.seen < seconds * 500 then
    txn:set_var("txn.cut", 408)
    return filter.ERROR
  end
end

core.register_filter("body_cap", Cap, function(self, args) return self end)
`;
