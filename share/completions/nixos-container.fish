# SPDX-License-Identifier: MIT
# fish completion for nixos-container and the other tools: all of them call
# nixos-container complete.  It is installed under the name of each tool.

function __nixos_container_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l tool nixos-container
    if string match -q '*/*' -- $words[1]
        set tool (string replace -r '[^/]*$' nixos-container -- $words[1])
    end
    set -l program (string replace -r '.*/' '' -- $words[1])
    for line in ($tool complete $program $words[2..] "$current" 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path "$current"
            case :commands
                complete -C "$current"
            case '*'
                echo $line
        end
    end
end

complete -c (string replace -r '^.*/|\.fish$' '' -a -- (status filename)) -f \
    -a '(__nixos_container_complete)'
