package main

import (
	"fmt"
	"strings"
)

func bashCompletion(w *strings.Builder, table []shellCommand) {
	var commands []string
	for _, c := range table {
		commands = append(commands, c.name)
	}
	fmt.Fprintf(w, `# Completion of proxyaddr for bash.
_proxyaddr() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} flags="" words=""
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        COMPREPLY=($(compgen -W %q -- "$current"))
        return
    fi
    if [[ $current == = ]]; then # the flag is before it
        current=""
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    case ${COMP_WORDS[1]} in
`, strings.Join(commands, " "))
	for i := range table {
		c := &table[i]
		if c.flags == nil {
			fmt.Fprintf(w, "    %s) flags=--help words=%q ;;\n", c.name, strings.Join(c.arguments, " "))
			continue
		}
		fmt.Fprintf(w, "    %s)\n        case $before in\n", c.name)
		for j := range c.flags {
			if f := &c.flags[j]; f.values != nil {
				fmt.Fprintf(w, "        %s) words=%q ;;\n", strings.Join(f.names(), "|"), strings.Join(f.values, " "))
			}
		}
		if names := c.names(func(f *shellFlag) bool { return f.files || f.directories }); names != nil {
			fmt.Fprintf(w, "        %s) return ;; # bash completes the names of files\n", strings.Join(names, "|"))
		}
		if names := c.names((*shellFlag).free); names != nil {
			fmt.Fprintf(w, "        %s)\n            compopt +o default 2>/dev/null\n            return ;;\n", strings.Join(names, "|"))
		}
		fmt.Fprintf(w, "        *) flags=%q ;;\n        esac ;;\n", strings.Join(append(c.names(nil), "--help"), " "))
	}
	w.WriteString(`    esac
    [[ $current == -* ]] && words=$flags
    [[ -n $words ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _proxyaddr proxyaddr
`)
}

func zshCompletion(w *strings.Builder, table []shellCommand) {
	w.WriteString("#compdef proxyaddr\n# Completion of proxyaddr for zsh.\n_proxyaddr() {\n  local -a commands=(\n")
	for _, c := range table {
		fmt.Fprintf(w, "    %s\n", shellQuote(c.name+":"+c.about))
	}
	w.WriteString(`  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
`)
	escape := strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `:`, `\:`).Replace
	for _, c := range table {
		fmt.Fprintf(w, "  %s)\n    _arguments -s \\\n", c.name)
		for _, f := range c.flags {
			about, value := "["+escape(f.about)+"]", ""
			long, short := "--"+f.name, "-"+f.letter
			if f.value != "" {
				long, short, value = long+"=", short+"+", ":"+escape(f.value)+":"
			}
			switch {
			case f.values != nil:
				value += "(" + strings.Join(f.values, " ") + ")"
			case f.files:
				value += "_files"
			case f.directories:
				value += "_files -/"
			case f.value != "":
				value += " "
			}
			others := ""
			switch {
			case f.repeatable:
				others = "'*'"
			case f.letter != "":
				others = "'(-" + f.letter + " --" + f.name + ")'"
			}
			names := long
			if f.letter != "" {
				names = "{" + short + "," + long + "}"
			}
			fmt.Fprintf(w, "      %s%s%s \\\n", others, names, shellQuote(about+value))
		}
		rest := "*: :_files"
		if c.arguments != nil {
			rest = "1: :(" + strings.Join(c.arguments, " ") + ")"
		}
		fmt.Fprintf(w, "      --help'[show the flags]' \\\n      %s ;;\n", shellQuote(rest))
	}
	w.WriteString(`  esac
}
if [[ $funcstack[1] == _proxyaddr ]]; then
  _proxyaddr "$@" # zsh has read this file as the function
else
  compdef _proxyaddr proxyaddr
fi
`)
}

func fishCompletion(w *strings.Builder, table []shellCommand) {
	w.WriteString(`# Completion of proxyaddr for fish.
function __proxyaddr_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end
`)
	quote := func(s string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
	}
	for _, c := range table {
		fmt.Fprintf(w, "complete -c proxyaddr -n 'test (count (commandline -opc)) -eq 1' -f -a %s -d %s\n", c.name, quote(c.about))
	}
	for _, c := range table {
		on := fmt.Sprintf("complete -c proxyaddr -n '__proxyaddr_command %s'", c.name)
		if c.arguments != nil {
			fmt.Fprintf(w, "%s -f -a %s\n", on, quote(strings.Join(c.arguments, " ")))
		}
		for _, f := range c.flags {
			fmt.Fprintf(w, "%s -l %s", on, f.name)
			if f.letter != "" {
				fmt.Fprintf(w, " -s %s", f.letter)
			}
			switch {
			case f.values != nil:
				fmt.Fprintf(w, " -x -a %s", quote(strings.Join(f.values, " ")))
			case f.directories:
				w.WriteString(" -x -a '(__fish_complete_directories)'")
			case f.files:
				w.WriteString(" -r -F")
			case f.value != "":
				w.WriteString(" -x")
			}
			fmt.Fprintf(w, " -d %s\n", quote(f.about))
		}
	}
}

func powershellCompletion(w *strings.Builder, table []shellCommand) {
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	list := func(all []string) string {
		quoted := make([]string, len(all))
		for i, s := range all {
			quoted[i] = quote(s)
		}
		return "@(" + strings.Join(quoted, ", ") + ")"
	}
	w.WriteString(`# Completion of proxyaddr for PowerShell.
Register-ArgumentCompleter -Native -CommandName proxyaddr, proxyaddr.exe -ScriptBlock {
    param($current, $line, $position)
    $texts = [ordered]@{
`)
	for _, c := range table {
		fmt.Fprintf(w, "        %s = %s\n", quote(c.name), quote(c.about))
		for _, f := range c.flags {
			fmt.Fprintf(w, "        %s = %s\n", quote(c.name+" --"+f.name), quote(f.about))
		}
	}
	w.WriteString("    }\n    $values = @{\n")
	for _, c := range table {
		if c.arguments != nil {
			fmt.Fprintf(w, "        %s = %s\n", quote(c.name), list(c.arguments))
		}
		for _, f := range c.flags {
			if f.values != nil {
				fmt.Fprintf(w, "        %s = %s\n", quote(c.name+" --"+f.name), list(f.values))
			}
		}
	}
	w.WriteString(`    }
    $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | ForEach-Object { $_.Extent.Text })
    $key = if ($words.Count -ge 2) { $words[1] }
    $before = if ($words.Count -ge 3) { $words[-1] }
    if (-not $key) {
        $found = @($texts.Keys) -notmatch ' '
    } elseif ($before -and $values["$key $before"]) {
        $found = $values["$key $before"]
    } elseif ($current -like '-*') {
        $found = @($texts.Keys) -like "$key --*" -replace '^\S+ '
    } else {
        $found = $values[$key]
    }
    $found | Where-Object { $_ -like "$current*" } | ForEach-Object {
        $text = if (-not $key) { $texts[$_] } else { $texts["$key $_"] }
        if (-not $text) { $text = $_ }
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $text)
    }
}
`)
}

// shellQuote quotes a text for bash and zsh.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
