#compdef proxyaddr
# Completion of proxyaddr for zsh.
_proxyaddr() {
  local -a commands=(
    'scan:scan a directory'
    'completion:print the completion of a shell'
    'help:show the flags of a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
  scan)
    _arguments -s \
      '(-o --output)'{-o+,--output=}'[write to this directory]:directory:_files -/' \
      --format='[write in this format\: table or json (default table)]:format:(table json)' \
      '(-q --quiet)'{-q,--quiet}'[write nothing \[at all\]]' \
      '*'{-D+,--bind-dn=}'[bind as this user\: "DOMAIN\\name" or the owner'\''s (repeatable)]:user: ' \
      --config='[read settings from this file]:file:_files' \
      --help'[show the flags]' \
      '*: :_files' ;;
  completion)
    _arguments -s \
      --help'[show the flags]' \
      '1: :(bash zsh fish powershell)' ;;
  help)
    _arguments -s \
      --help'[show the flags]' \
      '1: :(scan completion)' ;;
  esac
}
if [[ $funcstack[1] == _proxyaddr ]]; then
  _proxyaddr "$@" # zsh has read this file as the function
else
  compdef _proxyaddr proxyaddr
fi
