-- Reads the golden questions for whatever Lua asks them: the LuaJIT binding and the Lua C module. See questions.tsv.
--
-- Returns helpers and `run(folder, name, answer)`, which asks every question through `answer`, prints what was answered
-- otherwise, and ends the program with the result.
local M = {}
local unpack = unpack or table.unpack

function M.yes(answer)
    assert(type(answer) == "boolean")
    return answer and "yes" or "no"
end

function M.split(text, pattern)
    local parts = {}
    for part in text:gmatch(pattern) do parts[#parts + 1] = part end
    return parts
end

function M.map(list, change)
    local out = {}
    for i, value in ipairs(list) do out[i] = change(value) end
    return out
end

function M.all(list) return table.concat(M.map(list, M.yes), " ") end

-- A failure as the questions write it.
function M.failed(message, status)
    assert(#message > 0)
    return ("error %d"):format(status)
end

-- A list of parties as the questions write it.
function M.names(engine, parties)
    if #parties == 0 then return "nobody" end
    return table.concat(M.map(parties, function(party) return engine:text(party) end), " ")
end

function M.run(folder, name, answer)
    local questions, wrong = 0, 0
    for line in io.lines(folder .. "/questions.tsv") do
        if line ~= "" and line:sub(1, 1) ~= "#" then
            local field = M.split(line, "[^\t]+")
            local said = answer(unpack(field, 1, 6))
            questions = questions + 1
            if said ~= field[7] then
                wrong = wrong + 1
                print(line .. ": answered " .. said)
            end
        end
    end
    print(("%s: %d questions, %d wrong"):format(name, questions, wrong))
    os.exit(questions > 200 and wrong == 0 and 0 or 1)
end

return M
