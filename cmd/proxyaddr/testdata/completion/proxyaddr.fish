# Completion of proxyaddr for fish.
function __proxyaddr_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end
complete -c proxyaddr -n 'test (count (commandline -opc)) -eq 1' -f -a scan -d 'scan a directory'
complete -c proxyaddr -n 'test (count (commandline -opc)) -eq 1' -f -a completion -d 'print the completion of a shell'
complete -c proxyaddr -n 'test (count (commandline -opc)) -eq 1' -f -a help -d 'show the flags of a command'
complete -c proxyaddr -n '__proxyaddr_command scan' -l output -s o -x -a '(__fish_complete_directories)' -d 'write to this directory'
complete -c proxyaddr -n '__proxyaddr_command scan' -l format -x -a 'table json' -d 'write in this format: table or json (default table)'
complete -c proxyaddr -n '__proxyaddr_command scan' -l quiet -s q -d 'write nothing [at all]'
complete -c proxyaddr -n '__proxyaddr_command scan' -l bind-dn -s D -x -d 'bind as this user: "DOMAIN\\name" or the owner\'s (repeatable)'
complete -c proxyaddr -n '__proxyaddr_command scan' -l config -r -F -d 'read settings from this file'
complete -c proxyaddr -n '__proxyaddr_command completion' -f -a 'bash zsh fish powershell'
complete -c proxyaddr -n '__proxyaddr_command help' -f -a 'scan completion'
