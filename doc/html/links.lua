-- For pandoc: names of documents become links to their pages.
local function page(name)
  local file = name:match("^doc/([%w-]+)%.md$") or name:match("^([%w-]+)%.md$")
  if not file then return nil end
  return (file == "README" and "index" or file) .. ".html"
end

function Link(link)
  local file, anchor = link.target:match("^([^#:]*)(#?.*)$")
  local target = file and page(file)
  if target then link.target = target .. anchor end
  return link
end

function Image(image)
  image.src = image.src:gsub("^doc/", "")
  return image
end

function Code(code)
  local target = page(code.text)
  if target then return pandoc.Link({code}, target) end
end

function Str(word)
  local before, name, after = word.text:match("^(%(?)(doc/[%w-]+%.md)([%).,;:]*)$")
  local target = name and page(name)
  if target then return {pandoc.Str(before), pandoc.Link({pandoc.Str(name)}, target), pandoc.Str(after)} end
end
