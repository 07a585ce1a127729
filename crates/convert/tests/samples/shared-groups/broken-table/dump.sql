CREATE TABLE `sr_group` (`name` text, `opts` text);
INSERT INTO `sr_group` VALUES ('a','[]');
