# SPDX-License-Identifier: MIT
# plot.gp - plot ratios as bars; data: lines of job, ratio, aim or NaN; out: the SVG
set terminal svg size 900,760
set output out
set datafile separator tab
set title "time, relative to the program that ours replaces (1)"
set logscale x
set xrange [0.005:5]
set yrange [*:*] reverse
set offsets 0, 0, 0.5, 0.5
set grid x
set lmargin 46
set ytics nomirror
set key below
plot data using (0.005):0:(0.005):2:($0 - 0.3):($0 + 0.3):ytic(1) \
	with boxxyerror fill solid 0.6 noborder linecolor rgb "#4070b0" title "ours", \
	data using 3:0 with points pointtype 9 pointsize 1 \
	linecolor rgb "#c03020" title "aim"
